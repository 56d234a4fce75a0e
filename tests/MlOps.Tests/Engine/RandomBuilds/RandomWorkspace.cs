using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Tests.Content;

namespace MlOps.Tests.Engine.RandomBuilds;

/// <summary>A random world on a real disk, the engine that builds it, and what the engine must remember of it.</summary>
internal sealed class RandomWorkspace : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private BuildEngine? _engine;

    public RandomWorkspace(RandomWorld world)
    {
        World = new([], RandomWorldMaker.NoFiles);
        Become(world);
    }

    public RandomWorld World { get; private set; }

    public BuildMemory Memory { get; } = new();

    /// <summary>The names of the steps that an executor was called for since the last clearing.</summary>
    public List<string> Ran { get; } = [];

    /// <summary>Cancels when so many steps have started.</summary>
    public (int At, CancellationTokenSource Source)? Cancel { get; set; }

    public string Root => _folder.Root;

    public string LockPath => At(BuildEngine.LockName);

    public string LockText => File.Exists(LockPath) ? File.ReadAllText(LockPath) : "";

    public string At(string path) => Path.Join(Root, path);

    /// <summary>The engine; a new one has nothing in memory, as in a new process.</summary>
    public BuildEngine Engine(bool fresh, bool rehash = false) => _engine = !fresh && _engine is not null ? _engine : new(Root, new Dictionary<string, IStepExecutor>
    {
        ["toy"] = new Executor(this, inPlace: true),
        ["boxed"] = new Executor(this, inPlace: false),
    }, rehash);

    public StepGraph Graph() => StepGraph.Create(World.Steps.Select(step => step.ToStep(World)));

    /// <summary>Brings files and declarations to another state; what is the same stays untouched.</summary>
    public void Become(RandomWorld world)
    {
        foreach (var gone in World.Files.Keys.Where(file => !world.Files.ContainsKey(file) && File.Exists(At(file))))
        {
            File.Delete(At(gone));
            // As git does: a folder goes with its last file.
            var folder = gone.Split('/')[0];
            if (folder != gone && world.Content(folder) is null)
            {
                Directory.Delete(At(folder), recursive: true);
            }
        }

        foreach (var (file, text) in world.Files.Where(file => World.Files.GetValueOrDefault(file.Key) != file.Value))
        {
            _folder.Write(file, text);
        }

        World = world;
        var declared = world.ToString();
        if (!File.Exists(At("declared")) || _folder.Read("declared") != declared)
        {
            _folder.Write("declared", declared);
        }
    }

    /// <summary>Waits until no file is so young that a change in the same tick of the clock could hide in its stat.</summary>
    public void Age()
    {
        _folder.Write("clock", "");
        var stat = FileStat.Of(At("clock"));
        SpinWait.SpinUntil(() => !stat.IsRacy(FileStat.Now));
    }

    public byte[]? Stored(Digest content) => Engine(fresh: false).Store.TryRead(content);

    public void Dispose() => _folder.Dispose();

    /// <summary>Does what its step's declaration says with the bytes that the engine hands it.</summary>
    private sealed class Executor(RandomWorkspace workspace, bool inPlace) : IStepExecutor
    {
        public bool ReadsInPlace => inPlace;

        public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
        {
            lock (workspace.Ran)
            {
                workspace.Ran.Add(context.Step.Name.Value);
                if (workspace.Cancel is { } cancel && workspace.Ran.Count == cancel.At)
                {
                    cancel.Source.Cancel();
                }
            }

            var step = workspace.World.Steps.Find(step => step.Name == context.Step.Name.Value)!;
            var inputs = step.Inputs.Keys.ToDictionary(name => name, name => Read(context.InputPath(name)));
            if (step.Fails)
            {
                throw new DiagnosticException(new Diagnostic("TST0001", "it fails"));
            }

            foreach (var output in step.Outputs)
            {
                File.WriteAllText(context.OutputPath(output), step.Compute(output, inputs));
            }

            return step.HasFact ? new() { [step.Fact] = step.Outputs.Sum(output => step.Compute(output, inputs).Length) } : [];
        }

        private static string Read(string path) => !Directory.Exists(path) ? File.ReadAllText(path, Encoding.UTF8)
            : string.Join('\n', Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Select(file => (Name: Path.GetRelativePath(path, file), Text: File.ReadAllText(file)))
                .OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name}={file.Text}"));
    }
}

/// <summary>Worlds out of a seed.</summary>
internal static class RandomWorldMaker
{
    public static readonly ImmutableSortedDictionary<string, string> NoFiles = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private static readonly string[] s_paths = ["f0.txt", "f1.txt", "f2.txt", "f3.txt", "d0", "d1"];
    private static readonly string[] s_inputs = ["a.txt", "b.txt", "in/c", "in/d"];

    public static RandomWorld Make(Random random)
    {
        var files = NoFiles;
        foreach (var file in (string[])["f0.txt", "f1.txt", "f2.txt", "f3.txt", "d0/a", "d0/b", "d0/sub/c", "d1/a"])
        {
            files = files.Add(file, Text(random));
        }

        var world = new RandomWorld([], files);
        for (var i = random.Next(1, 14); i > 0; i--)
        {
            world = world with { Steps = world.Steps.Add(Step(random, world)) };
        }

        return world;
    }

    /// <summary>Few texts of one length, so that contents come back.</summary>
    public static string Text(Random random) => $"text {random.Next(5)}";

    public static RandomStep Step(Random random, RandomWorld world)
    {
        var id = world.Steps.Select(step => step.Id).DefaultIfEmpty(-1).Max() + 1;
        var step = new RandomStep(id, $"s{id:00}", random.Next(3) == 0 ? "boxed" : "toy", (Reach)Math.Max(0, random.Next(-3, 4)))
        {
            Parameter = random.Next(4),
            HasFact = random.Next(3) == 0,
            IsCheckedOut = random.Next(3) == 0,
            Outputs = random.Next(3) == 0 ? ImmutableSortedSet.Create(StringComparer.Ordinal, "out", "sub/deep") : ImmutableSortedSet.Create(StringComparer.Ordinal, "out"),
        };
        for (var i = random.Next(4); i > 0; i--)
        {
            step = WithInput(random, world, step);
        }

        return step;
    }

    /// <summary>The step with one input more or another one; it reads from older steps only, so that nothing goes in a circle.</summary>
    public static RandomStep WithInput(Random random, RandomWorld world, RandomStep step)
    {
        var older = world.Steps.FindAll(other => other.Id < step.Id);
        var producer = older.Count > 0 && random.Next(4) > 0 ? older[random.Next(older.Count)] : null;
        var input = producer is null ? new RandomInput(s_paths[random.Next(s_paths.Length)], -1, "") : new(null, producer.Id, producer.Outputs[random.Next(producer.Outputs.Count)]);
        return step with { Inputs = step.Inputs.SetItem(s_inputs[random.Next(s_inputs.Length)], input) };
    }
}
