using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine.RandomBuilds;

/// <summary>What people, programs and git do to a workspace between two builds. Every edit tells what it did.</summary>
internal sealed class RandomEdits(Random random, RandomWorkspace workspace)
{
    private static readonly DateTime s_longAgo = new(2001, 2, 3, 4, 5, 6, 7, DateTimeKind.Utc);
    private readonly List<RandomWorld> _past = [];
    private readonly List<(RandomWorld World, string LockText, Dictionary<string, Memo> Lock)> _branches = [];

    private RandomWorld World => workspace.World;

    private BuildMemory Memory => workspace.Memory;

    /// <summary>The last build went well: this state can be come back to.</summary>
    public void Remember()
    {
        _past.Add(World);
        _branches.Add((World, workspace.LockText, new(Memory.Lock)));
    }

    public string Edit() => random.Next(24) switch
    {
        0 or 1 => ChangeFile(),
        2 => Touch(),
        3 => SameSizeAndTime(),
        4 => DeleteFile(),
        5 or 6 => ChangeStep(),
        7 => Change("more inputs", step => RandomWorldMaker.WithInput(random, World, step)),
        8 => Change("an input less", step => step with { Inputs = step.Inputs.Count == 0 ? step.Inputs : step.Inputs.Remove(step.Inputs.Keys.ElementAt(random.Next(step.Inputs.Count))) }),
        9 => Change("another output", step => step with { Outputs = step.Outputs.Add("more") }),
        10 => DropOutput(),
        11 => Rename(),
        12 => AddStep(),
        13 => RemoveStep(),
        14 or 15 => GoBack(),
        16 or 17 => CheckOutBranch(),
        18 => DeleteLock(),
        19 => DeleteObject(),
        20 => DeleteRecord(),
        21 => DeleteOwnFile(),
        22 => EditLock(),
        _ => TamperWithOutput(),
    };

    private string ChangeFile()
    {
        var file = World.Files.Keys.Concat(["d0/new", "d1/sub/new", "f0.txt", "f1.txt"]).ElementAt(random.Next(World.Files.Count + 4));
        Become(World with { Files = World.Files.SetItem(file, RandomWorldMaker.Text(random)) });
        return $"{file} is {World.Files[file]}";
    }

    private string Touch()
    {
        if (World.Files.IsEmpty)
        {
            return "nothing to touch";
        }

        var file = World.Files.Keys.ElementAt(random.Next(World.Files.Count));
        if (random.Next(2) == 0)
        {
            File.Delete(workspace.At(file));
            File.WriteAllText(workspace.At(file), World.Files[file]);
        }

        File.SetLastWriteTimeUtc(workspace.At(file), s_longAgo.AddSeconds(random.Next(3)));
        if (World.Content("d0") is not null)
        {
            Directory.CreateDirectory(workspace.At("d0/empty"));
        }

        return $"touched {file}";
    }

    private string SameSizeAndTime()
    {
        if (World.Files.IsEmpty)
        {
            return "nothing to edit";
        }

        var file = World.Files.Keys.ElementAt(random.Next(World.Files.Count));
        var time = File.GetLastWriteTimeUtc(workspace.At(file));
        Become(World with { Files = World.Files.SetItem(file, RandomWorldMaker.Text(random)) });
        File.SetLastWriteTimeUtc(workspace.At(file), time);
        return $"{file} is {World.Files[file]}, its time put back";
    }

    private string DeleteFile()
    {
        if (World.Files.IsEmpty)
        {
            return "nothing to delete";
        }

        var file = World.Files.Keys.ElementAt(random.Next(World.Files.Count));
        Become(World with { Files = World.Files.Remove(file) });
        return $"{file} deleted";
    }

    private string ChangeStep() => random.Next(8) switch
    {
        0 => Change("other code", step => step with { Code = random.Next(3) }),
        1 => Change("another tool", step => step with { Tool = random.Next(3) }),
        2 => Change("another reach", step => step with { Reach = (Reach)random.Next(4) }),
        3 => Change("fails or mended", step => step with { Fails = !step.Fails }),
        4 => Change("a fact more or less", step => step with { HasFact = !step.HasFact }),
        5 => Change("checked out or not", step => step with { IsCheckedOut = !step.IsCheckedOut }),
        _ => Change("another parameter", step => step with { Parameter = random.Next(4) }),
    };

    private string Change(string what, Func<RandomStep, RandomStep> change)
    {
        if (World.Steps.IsEmpty)
        {
            return "no step to change";
        }

        var step = World.Steps[random.Next(World.Steps.Count)];
        Become(World with { Steps = World.Steps.Replace(step, change(step)) });
        return $"{step.Name}: {what}";
    }

    private string DropOutput()
    {
        var steps = World.Steps.FindAll(step => step.Outputs.Count > 1);
        if (steps.Count == 0)
        {
            return "no output to drop";
        }

        var step = steps[random.Next(steps.Count)];
        var output = step.Outputs[random.Next(step.Outputs.Count)];
        var renamed = random.Next(2) == 0;
        Become(World with
        {
            Steps = World.Steps.ConvertAll(other => other == step
                ? step with { Outputs = renamed ? step.Outputs.Remove(output).Add("renamed") : step.Outputs.Remove(output) }
                : Without(other, input => input.Path is null && input.Producer == step.Id && input.Output == output, renamed ? "renamed" : null)),
        });
        return $"{step.Name}: output {output} {(renamed ? "renamed" : "removed")}";
    }

    private string Rename()
    {
        if (World.Steps.IsEmpty)
        {
            return "no step to rename";
        }

        var step = World.Steps[random.Next(World.Steps.Count)];
        var name = Enumerable.Range(0, 100).Select(i => $"r{i:00}").First(name => World.Steps.TrueForAll(other => other.Name != name));
        Become(World with { Steps = World.Steps.Replace(step, step with { Name = name }) });
        return $"{step.Name} renamed to {name}";
    }

    private string AddStep()
    {
        var step = RandomWorldMaker.Step(random, World);
        // An id is a step's for ever: what was computed for a removed step must not look like another's.
        var id = _past.SelectMany(world => world.Steps).Concat(World.Steps).Select(other => other.Id).DefaultIfEmpty(-1).Max() + 1;
        Become(World with { Steps = World.Steps.Add(step with { Id = id, Name = World.Steps.Exists(other => other.Name == step.Name) ? $"s{id:00}" : step.Name }) });
        return $"{step.Name} added";
    }

    private string RemoveStep()
    {
        if (World.Steps.Count < 2)
        {
            return "no step to remove";
        }

        var step = World.Steps[random.Next(World.Steps.Count)];
        Become(World with { Steps = World.Steps.Remove(step).ConvertAll(other => Without(other, input => input.Path is null && input.Producer == step.Id, null)) });
        return $"{step.Name} removed";
    }

    private static RandomStep Without(RandomStep step, Func<RandomInput, bool> isGone, string? renamed)
    {
        foreach (var (name, input) in step.Inputs.Where(input => isGone(input.Value)))
        {
            step = step with { Inputs = renamed is null ? step.Inputs.Remove(name) : step.Inputs.SetItem(name, input with { Output = renamed }) };
        }

        return step;
    }

    private string GoBack()
    {
        if (_past.Count == 0)
        {
            return "no past";
        }

        var at = random.Next(_past.Count);
        Become(_past[at]);
        return $"back to state {at}, with the lock as it is";
    }

    private string CheckOutBranch()
    {
        if (_branches.Count == 0)
        {
            return "no branch";
        }

        var at = random.Next(_branches.Count);
        Become(_branches[at].World);
        File.WriteAllText(workspace.LockPath, _branches[at].LockText);
        Memory.Lock = new(_branches[at].Lock);
        Memory.Lies.Clear();
        return $"state {at} checked out, with its lock";
    }

    private string DeleteLock()
    {
        File.Delete(workspace.LockPath);
        Memory.Lock = [];
        Memory.Lies.Clear();
        return "lock deleted";
    }

    private string DeleteObject()
    {
        var all = Memory.Objects.Order(StringComparer.Ordinal).ToArray();
        if (all.Length == 0)
        {
            return "no object";
        }

        var gone = all[random.Next(all.Length)];
        File.Delete(workspace.Engine(fresh: random.Next(2) == 0).Store.PathOf(Digest.Of(gone)));
        Memory.Objects.Remove(gone);
        return $"object '{gone}' deleted";
    }

    private string DeleteRecord()
    {
        var records = Path.Join(workspace.Root, ".mlops/store/records");
        if (!Directory.Exists(records) || Memory.Lies.Count > 0)
        {
            // Where the lock was edited by hand as well, nobody could know better.
            return "no record";
        }

        if (random.Next(3) == 0)
        {
            Directory.Delete(records, recursive: true);
            Memory.Records.Clear();
            return "all records deleted";
        }

        var traces = LockFile.Read(workspace.LockPath);
        var known = traces.Addresses.Where(address => Memory.Lock.TryGetValue(address.Key, out var memo) && Memory.Records.ContainsKey(memo.Key)).ToArray();
        if (known.Length == 0)
        {
            return "no known record";
        }

        var address = known[random.Next(known.Length)];
        var hex = traces.Find(address)!.Fingerprint.Hex;
        var path = Path.Join(records, hex[..1], hex[1..]);
        Memory.Records.Remove(Memory.Lock[address.Key].Key);
        if (random.Next(2) == 0)
        {
            File.Delete(path);
            return $"record of {address.Key} deleted";
        }

        var bytes = File.ReadAllBytes(path);
        bytes[random.Next(bytes.Length)] ^= 1;
        File.WriteAllBytes(path, bytes);
        return $"record of {address.Key} damaged";
    }

    private string DeleteOwnFile()
    {
        var name = ((string[])["index", "lock-seen", "mirror", "out", "sandbox", "store", ""])[random.Next(7)];
        if (name is "store" or "")
        {
            if (Memory.Lies.Count > 0)
            {
                return "nothing";
            }

            Memory.Objects.Clear();
            Memory.Records.Clear();
        }

        var path = workspace.At(".mlops/" + name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (File.Exists(path))
        {
            File.Delete(path);
        }

        return $".mlops/{name} deleted";
    }

    /// <summary>Changes a line of the lock so that it still is a lock, but tells something else.</summary>
    private string EditLock()
    {
        var names = Memory.Lock.Where(line => Memory.Records.ContainsKey(line.Value.Key)).Select(line => line.Key).Order(StringComparer.Ordinal).ToArray();
        if (names.Length == 0 || Memory.Lies.Count > 0)
        {
            return "no line to edit";
        }

        var name = names[random.Next(names.Length)];
        var memo = Memory.Lock[name];
        var root = JsonNode.Parse(workspace.LockText)!;
        var model = root["models"]!["m"]!;
        var trace = model["steps"]![name]!;
        var output = memo.Outputs.Keys.Order(StringComparer.Ordinal).First();
        var fact = model.AsObject().FirstOrDefault(fact => fact.Key == World.Steps.Find(step => step.Name == name)?.Fact).Key;
        string done;
        switch (random.Next(6))
        {
            case 0:
                model["steps"]!.AsObject().Remove(name);
                Memory.Lock.Remove(name);
                done = "removed";
                break;
            case 1:
                trace["fingerprint"] = Digest.Of($"made up {random.Next()}").ToString();
                Memory.Lock[name] = memo with { Key = $"made up {random.Next()}" };
                done = "with another fingerprint";
                break;
            case 2 when fact is not null && memo.HasFact:
                model[fact] = 1_000_000;
                Memory.Lies.Add(name);
                done = "with another fact";
                break;
            case 3 when fact is not null && memo.HasFact:
                model.AsObject().Remove(fact);
                Memory.Lock[name] = memo with { HasFact = false };
                done = "without its fact";
                break;
            default:
                var objects = Memory.Objects.Except(memo.Outputs.Values).Append("not there").Order(StringComparer.Ordinal).ToArray();
                var other = objects[random.Next(objects.Length)];
                trace["outputs"]![output] = Digest.Of(other).ToString();
                Memory.Lock[name] = memo with { Outputs = new Dictionary<string, string>(memo.Outputs) { [output] = other } };
                Memory.Lies.Add(name);
                done = $"with '{other}' as output {output}";
                break;
        }

        File.WriteAllBytes(workspace.LockPath, Encoding.UTF8.GetBytes(root.ToJsonString(new JsonSerializerOptions { WriteIndented = true })));
        return $"lock: {name} {done}";
    }

    private string TamperWithOutput()
    {
        var outputs = Directory.Exists(workspace.At(".mlops/out")) ? Directory.GetFiles(workspace.At(".mlops/out"), "*", SearchOption.AllDirectories) : [];
        if (outputs.Length == 0)
        {
            return "no output to tamper with";
        }

        Array.Sort(outputs, StringComparer.Ordinal);
        var output = outputs[random.Next(outputs.Length)];
        File.WriteAllText(output, "tampered");
        return "an output was written to";
    }

    private void Become(RandomWorld world) => workspace.Become(world);
}
