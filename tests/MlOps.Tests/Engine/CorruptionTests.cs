using MlOps.Content;
using MlOps.Engine;
using MlOps.Remotes;
using MlOps.Tests.Content;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

/// <summary>Objects and records that decay, here and in a remote: whatever happens to their bytes, no build uses them, and the next one ends with the right ones.</summary>
public sealed class CorruptionTests : IDisposable
{
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("MLOPS_TEST_ALL") == "1" ? 500 : 50;

    private readonly TemporaryFolder _remote = new();
    private readonly ToyWorkspace _workspace = new();
    private readonly List<Diagnostic> _warnings = [];

    public CorruptionTests() => _workspace.Write("data.csv", "1");

    public void Dispose()
    {
        _remote.Dispose();
        _workspace.Dispose();
    }

    [Fact]
    public async Task Corrupted_objects_and_records_are_never_used()
    {
        var random = new Random(314);
        var told = 0;
        for (var round = 0; round < s_rounds; round++)
        {
            // Other bytes each round, so that nothing of an earlier round helps.
            var data = $"round {round}";
            _workspace.Write("data.csv", data);
            await BuildAsync(Chain("c1", 0));
            var isRemote = random.Next(2) == 0;
            var done = Corrupt(random, isRemote, records: random.Next(3) == 0, out var name);
            var steps = Chain($"c{random.Next(2)}", random.Next(4));
            if (isRemote || random.Next(4) == 0)
            {
                // A machine that has nothing but what the remote gives, with the lock or without.
                Directory.Delete(_workspace.PathOf(".mlops"), recursive: true);
                if (random.Next(2) == 0)
                {
                    File.Delete(_workspace.PathOf(BuildEngine.LockName));
                }
            }

            var why = $"round {round}: {done}";
            var result = await BuildAsync(steps);
            Assert.True(result.Succeeded, $"{why}\n{string.Join('\n', result.Diagnostics)}");
            if (Read(result, steps, data) is { } damaged)
            {
                // It was not needed until now: found when it is read, and made anew by the next build.
                result = await BuildAsync(steps);
                Assert.True(Read(result, steps, data) is null, $"{why}: {damaged} is still wrong");
            }

            told += _warnings.Count;
            Assert.All(_warnings, warning => Assert.True(warning.Code == "MLO1121" && warning.What.Contains(name.Hex, StringComparison.Ordinal), $"{why}\n{warning}"));
            var store = _workspace.Engine().Store;
            new StoreAudit(store, setAside: true).Run(2, default);
            await BuildAsync(steps);
            var audit = new StoreAudit(store, setAside: false);
            audit.Run(2, default);
            Assert.True(audit.Faults.Count == 0, $"{why}\n{string.Join('\n', audit.Faults)}");
            Assert.Null(Read(await BuildAsync(steps), steps, data));
            _remote.Delete("store");
        }

        Assert.True(told > s_rounds / 20, $"only {told} lies of remotes were told");
    }

    /// <summary>The first step whose output is not what a build from scratch gives, or cannot be read; null if all is well.</summary>
    private string? Read(BuildResult result, Step[] steps, string data)
    {
        var texts = new Dictionary<string, string> { ["data.csv"] = data };
        var store = _workspace.Engine().Store;
        foreach (var step in steps)
        {
            texts[step.Name.Value] = ToyExecutor.Text(step, input => texts[input]);
            var digest = result.Steps.Single(outcome => outcome.Step.Name == step.Name).Result!.Outputs["out"];
            Assert.Equal(Digest.Of(texts[step.Name.Value]), digest);
            if (store.TryRead(digest) is null)
            {
                return step.Name.Value;
            }
        }

        return null;
    }

    private static Step[] Chain(string code, int parameter) =>
        [Step("a", "data.csv"), Step("b", "a", code, 4), Step("c", "b", facts: "size"), Step("d", "a c", parameter: parameter), Step("e", "data.csv")];

    private string Corrupt(Random random, bool isRemote, bool records, out Digest name)
    {
        var folder = Path.Join(isRemote ? Path.Join(_remote.Root, "store") : _workspace.PathOf(".mlops/store"), records ? "records" : "objects");
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        var file = files[random.Next(files.Length)];
        name = Digest.Parse(Path.GetRelativePath(folder, file).Replace("/", "", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        var kind = random.Next(4);
        // Objects are read-only files, and sandboxes may hold links to them.
        File.Delete(file);
        switch (kind)
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(file, bytes);
                break;
            case 1:
                File.WriteAllBytes(file, bytes[..random.Next(bytes.Length)]);
                break;
            case 2:
                File.Copy(files.First(other => other != file), file);
                break;
            default:
                break;
        }

        return $"{((string[])["flipped", "truncated", "swapped", "deleted"])[kind]} {(isRemote ? "remote" : "local")} {(records ? "record" : "object")} {name}";
    }

    private async Task<BuildResult> BuildAsync(Step[] steps)
    {
        _warnings.Clear();
        var engine = _workspace.Engine();
#pragma warning disable CA2000 // The cache disposes of it.
        var link = new RemoteLink(MlOps.Remotes.Remotes.Open(new(Path.Join(_remote.Root, "store")), "/")) { PushesAtOnce = true };
#pragma warning restore CA2000
        await using var cache = new RemoteCache(engine.Store, [link], warning =>
        {
            lock (_warnings)
            {
                // Before the first push there is no folder yet.
                if (warning.Code != "MLO8202")
                {
                    _warnings.Add(warning);
                }
            }
        });
        return await engine.BuildAsync(StepGraph.Create(steps), new() { Jobs = 2, Remote = cache });
    }
}
