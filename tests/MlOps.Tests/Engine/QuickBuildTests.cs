using System.Collections.Immutable;
using System.Text;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Engine.Internal;
using MlOps.Tests.Content;

namespace MlOps.Tests.Engine;

/// <summary>A quick build leaves what the whole build leaves: the lock, the outputs, the store, the rows of the table.</summary>
public sealed class QuickBuildTests
{
    [Fact]
    public async Task A_changed_leaf_is_rebuilt_without_the_rest()
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "f1.csv"), Copy("c", "a.out"));
        both.Write("f1.csv", "edited");
        Assert.Equal("b Ran input f1.csv changed", await both.QuickAsync());
        Assert.Equal("edited", both.Quick.Read(".mlops/out/b.out"));
    }

    [Fact]
    public async Task What_reads_from_it_runs_after_it()
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "a.out f1.csv"), Copy("c", "b.out"));
        both.Write("f0.csv", "edited");
        Assert.Equal("a Ran input f0.csv changed, b Ran input a.out changed, c Ran input b.out changed", await both.QuickAsync());
        both.Write("f1.csv", "too");
        Assert.Equal("b Ran input f1.csv changed, c Ran input b.out changed", await both.QuickAsync());
    }

    [Fact]
    public async Task The_same_bytes_again_stop_it()
    {
        using var both = await Twins.BuiltAsync(Shell("a", "wc -l < f0.csv > a.out", "f0.csv"), Copy("b", "a.out"));
        both.Write("f0.csv", "other, but no line more");
        Assert.Equal("a Ran input f0.csv changed, b UpToDate ", await both.QuickAsync());
    }

    [Fact]
    public async Task A_touched_file_concerns_nobody_and_an_undone_edit_is_restored()
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "a.out"));
        var before = both.Quick.Read("f0.csv");
        both.Write("f0.csv", before);
        Assert.Equal("", await both.QuickAsync());
        both.Write("f0.csv", "edited");
        Assert.Equal("a Ran input f0.csv changed, b Ran input a.out changed", await both.QuickAsync());
        both.Write("f0.csv", before);
        Assert.Equal("a Restored input f0.csv changed, b Restored input a.out changed", await both.QuickAsync());
    }

    [Theory]
    [InlineData("two that could run side by side")]
    [InlineData("a file that the whole folder is read of")]
    [InlineData("a declaration")]
    [InlineData("a declaration that a step reads as well")]
    [InlineData("a lock that was edited")]
    [InlineData("an output that was edited")]
    [InlineData("an object that is gone")]
    [InlineData("a link instead of the file")]
    [InlineData("the file is gone")]
    [InlineData("no image")]
    [InlineData("another build is at work")]
    public async Task The_rest_is_left_to_the_whole_build(string what)
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "f1.csv"), Copy("c", "f0.csv"), Shell("d", "ls folder > d.out", "folder"), Copy("e", "folder/x.csv"), Copy("g", "model.json"));
        both.Write("f1.csv", "edited");
        using var held = what == "another build is at work" ? WorkspaceHold.TryAcquire(both.Quick.Root) : null;
        switch (what)
        {
            case "two that could run side by side":
                both.Write("f0.csv", "edited");
                break;
            case "a file that the whole folder is read of":
                both.Write("folder/x.csv", "edited");
                break;
            case "a declaration":
                both.Quick.Write("nuke.json", "edited");
                break;
            case "a declaration that a step reads as well":
                both.Quick.Write("model.json", "edited");
                break;
            case "a lock that was edited":
                both.Quick.Write(BuildEngine.LockName, both.Quick.Read(BuildEngine.LockName) + "\n");
                break;
            case "an output that was edited":
                both.Quick.Write(".mlops/out/b.out", "mine");
                break;
            case "an object that is gone":
                var some = Directory.GetFiles(Path.Join(both.Quick.Root, ".mlops/store/objects"), "*", SearchOption.AllDirectories)[0];
                File.Delete(some);
                break;
            case "a link instead of the file":
                File.Move(Path.Join(both.Quick.Root, "f1.csv"), Path.Join(both.Quick.Root, "elsewhere"));
                File.CreateSymbolicLink(Path.Join(both.Quick.Root, "f1.csv"), "elsewhere");
                break;
            case "the file is gone":
                File.Delete(Path.Join(both.Quick.Root, "f1.csv"));
                break;
            case "no image":
                File.Delete(Directory.GetFiles(Path.Join(both.Quick.Root, ".mlops/mirror"), "*.graph").Single());
                break;
            default:
                break;
        }

        var before = both.Quick.Read(BuildEngine.LockName);
        Assert.Null(both.TryQuick());
        Assert.Equal(before, both.Quick.Read(BuildEngine.LockName));
    }

    [Fact]
    public async Task A_failure_is_reported_by_the_whole_build_which_does_not_run_the_step_again()
    {
        using var count = new TemporaryFolder();
        count.Write("ran", "");
        using var both = await Twins.BuiltAsync(Shell("a", $"echo x >> {count.Root}/ran; grep -q good f0.csv && cp f0.csv a.out", "f0.csv"), Copy("b", "a.out"));
        var before = both.Quick.Read(BuildEngine.LockName);
        count.Write("ran", "");
        both.Quick.Write("f0.csv", "bad");
        var tried = both.TryQuick()!.Tried!;
        Assert.NotNull(tried.Failure);
        var result = await both.BuildAsync(both.Quick.Root, tried);
        Assert.Equal([StepStatus.Failed, StepStatus.Skipped], result.Steps.Select(step => step.Status));
        Assert.Equal("MLO3010", Assert.Single(result.Diagnostics).Code);
        Assert.Equal("x\n", count.Read("ran"));
        Assert.Equal(before, both.Quick.Read(BuildEngine.LockName));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(both.Quick.Root, ".mlops/sandbox")));
    }

    [Fact]
    public async Task A_program_that_leaves_other_things_behind_is_reported_by_the_whole_build_which_does_not_run_it_again()
    {
        using var count = new TemporaryFolder();
        using var both = await Twins.BuiltAsync(Shell("a", $"echo x >> {count.Root}/ran; mkdir -p x/y && touch x/y/z .hidden && cp f0.csv a.out", "f0.csv"), Copy("b", "a.out"));
        both.Write("f0.csv", "edited");
        count.Write("ran", "");
        var tried = both.TryQuick()!.Tried!;
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(both.Quick.Root, ".mlops/sandbox")));
        var result = await both.BuildAsync(both.Quick.Root, tried);
        Assert.Equal("x\n", count.Read("ran"));
        Assert.Equal([StepStatus.Ran, StepStatus.Ran], result.Steps.Select(step => step.Status));
        var warning = Assert.Single(result.Diagnostics);
        Assert.Equal("MLO3042", warning.Code);
        Assert.StartsWith("x/y/z; ", warning.Why, StringComparison.Ordinal);
        await both.BuildAsync(both.Whole.Root);
        both.AssertSame();
    }

    [Fact]
    public async Task What_a_program_prints_is_kept_with_its_record()
    {
        using var both = await Twins.BuiltAsync(Shell("a", "echo some words; cp f0.csv a.out", "f0.csv"));
        both.Write("f0.csv", "edited");
        Assert.Equal("a Ran input f0.csv changed", await both.QuickAsync());
    }

    [Theory]
    [InlineData("a pattern", true)]
    [InlineData("a pattern of the whole workspace", true)]
    [InlineData("a version of software", true)]
    [InlineData("frozen", true)]
    [InlineData("always", true)]
    [InlineData("a time limit", true)]
    [InlineData("a variable", true)]
    [InlineData("metrics", true)]
    [InlineData("a directory", true)]
    [InlineData("two commands", true)]
    [InlineData("a folder to start in", true)]
    [InlineData("an instance of a matrix", false)]
    public async Task A_step_that_is_more_than_a_program_is_left_to_the_whole_build(string what, bool left)
    {
        var plain = Copy("a", "f0.csv");
        using var both = await Twins.BuiltAsync(what switch
        {
            "a pattern" => Shell("a", "cat folder/*.csv > a.out", "folder/*.csv"),
            "a pattern of the whole workspace" => Shell("a", "cat *.csv folder/*.csv > a.out", "**/*.csv"),
            "a version of software" => plain with { Reads = ["folder/x.csv", "f0.csv"], Toolchain = new() { Files = ImmutableSortedDictionary<string, WorkspacePath>.Empty.Add("pins", WorkspacePath.Parse("folder/x.csv")) } },
            "frozen" => plain with { Reads = ["f0.csv", "folder/x.csv"], Frozen = true },
            "always" => plain with { Reads = ["f0.csv", "folder/x.csv"], Always = true },
            "a time limit" => plain with { Reads = ["f0.csv", "folder/x.csv"], Settings = new() { Timeout = TimeSpan.FromMinutes(5) } },
            "a variable" => plain with { Reads = ["f0.csv", "folder/x.csv"], Env = ["SOME=1"] },
            "metrics" => Shell("a", "cat f0.csv > a.out; echo '{\"n\": 1}' > m.json", "f0.csv folder/x.csv") with { Metrics = ["m.json"] },
            "a directory" => Shell("a", "mkdir -p a.out && cp f0.csv a.out/", "f0.csv folder/x.csv") with { Writes = ["a.out/"] },
            "two commands" => plain with { Reads = ["f0.csv", "folder/x.csv"], Then = [["true"]] },
            "a folder to start in" => Shell("a", "cat ../f0.csv > ../a.out", "f0.csv folder/x.csv") with { Directory = "in" },
            _ => Copy("a@region=north", "folder/x.csv") with { Writes = ["a.out"], Run = ["cp", "folder/x.csv", "a.out"] },
        }, Copy("b", left ? "folder/x.csv" : "f1.csv"));
        both.Write("folder/x.csv", "edited");
        if (left)
        {
            Assert.Null(both.TryQuick());
        }

        both.Twice = !left;
        Assert.Equal(left, await both.QuickAsync() is null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_kill_between_two_writes_leaves_what_the_next_command_mends(int written)
    {
        // In the order of the writes: outputs, the note about the lock, the lock, the remembered answer.
        string[] order = [".mlops/out/a.out", ".mlops/lock-seen", BuildEngine.LockName];
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "f1.csv"));
        var mirror = Directory.GetFiles(Path.Join(both.Quick.Root, ".mlops/mirror")).Single(file => !file.EndsWith(".graph", StringComparison.Ordinal));
        var (before, answer) = (Array.ConvertAll(order, path => File.ReadAllBytes(Path.Join(both.Quick.Root, path))), await File.ReadAllBytesAsync(mirror));
        both.Write("f0.csv", "edited");
        Assert.NotNull(both.TryQuick());
        await File.WriteAllBytesAsync(mirror, answer);
        for (var i = written; i < order.Length; i++)
        {
            await File.WriteAllBytesAsync(Path.Join(both.Quick.Root, order[i]), before[i]);
        }

        Assert.NotEmpty(BuildMirror.Recall(both.Quick.Root, Twins.Key)!.Changes);
        var whole = await both.BuildAsync(both.Whole.Root);
        Assert.True(whole.Succeeded);
        if (both.TryQuick() is null)
        {
            Assert.True((await both.BuildAsync(both.Quick.Root)).Succeeded);
        }

        both.AssertSame();
        Assert.Empty(BuildMirror.Recall(both.Quick.Root, Twins.Key)!.Changes);
        both.Write("f1.csv", "edited");
        await both.QuickAsync();
    }

    [Fact]
    public async Task What_a_killed_build_left_in_its_sandbox_is_removed()
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "f1.csv"));
        both.Quick.Write(".mlops/sandbox/1-0/in/left", "by a build that was killed");
        both.Write("f0.csv", "edited");
        Assert.NotNull(await both.QuickAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(both.Quick.Root, ".mlops/sandbox")));
    }

    [Fact]
    public async Task A_kill_between_answer_and_image_leaves_an_image_that_is_not_used()
    {
        using var both = await Twins.BuiltAsync(Copy("a", "f0.csv"), Copy("b", "f1.csv"));
        var image = Directory.GetFiles(Path.Join(both.Quick.Root, ".mlops/mirror"), "*.graph").Single();
        var old = await File.ReadAllBytesAsync(image);
        both.Quick.Write("nuke.json", "edited");
        await both.BuildAsync(both.Quick.Root);
        await File.WriteAllBytesAsync(image, old);
        both.Write("f0.csv", "edited");
        Assert.Null(both.TryQuick());
    }

    [Fact]
    public void Whoever_adds_something_to_steps_decides_whether_a_form_knows_it() =>
        // StepForm.IsPlain must refuse a step with anything that its form does not hold.
        Assert.Equal(
            ["Action", "Address", "Always", "CheckedOut", "Code", "FactNames", "Frozen", "Inputs", "LooksElsewhere", "Metrics", "Name", "OnDemand", "Origin", "Outputs", "Parameters", "Run", "StandsForItsInputs", "Toolchain", "Tools"],
            typeof(Step).GetProperties().Select(property => property.Name).Where(name => name != "EqualityContract").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_graphs_edits_and_damage_leave_what_the_whole_build_leaves(int seed)
    {
        var random = new Random(seed);
        var steps = Enumerable.Range(0, random.Next(3, 12)).Select(i => random.Next(4) == 0
            ? Shell($"s{i}", $"cat {Reads(i)} | wc -l > s{i}.out", Reads(i))
            : Copy($"s{i}", Reads(i))).ToArray();
        using var both = await Twins.BuiltAsync(steps);
        var quick = 0;
        for (var round = 0; round < 12; round++)
        {
            for (var edits = random.Next(4) == 0 ? 2 : 1; edits > 0; edits--)
            {
                both.Write($"f{random.Next(4)}.csv", string.Concat(Enumerable.Repeat("line\n", random.Next(3))) + random.Next(4));
            }

            if (random.Next(3) == 0)
            {
                Damage(random, random.GetItems(Directory.GetFiles(Path.Join(both.Quick.Root, ".mlops/mirror")), 1)[0]);
            }

            quick += await both.QuickAsync() is null ? 0 : 1;
        }

        Assert.True(quick > 0);

        string Reads(int i) => string.Join(' ', Enumerable.Range(0, random.Next(1, 3)).Select(_ => i > 0 && random.Next(2) > 0 ? $"s{random.Next(i)}.out" : $"f{random.Next(4)}.csv").Distinct());
    }

    private static void Damage(Random random, string file)
    {
        var bytes = File.ReadAllBytes(file);
        if (random.Next(3) == 0)
        {
            bytes = bytes[..random.Next(bytes.Length)];
        }
        else
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        File.WriteAllBytes(file, bytes);
    }

    private static RunDeclaration Copy(string key, string reads) => Shell(key, $"cat {reads} > {key}.out", reads);

    private static RunDeclaration Shell(string key, string script, string reads) => new(key, ["sh", "-c", script], [.. reads.Split(' ').Distinct()], [$"{key}.out"]);

    /// <summary>Two workspaces with the same steps and edits: one is brought up to date by quick builds where they can, the other by whole ones.</summary>
    private sealed class Twins : IDisposable
    {
        public const string Key = "Train";
        private StepGraph _graph = null!;

        public TemporaryFolder Quick { get; } = new();

        public TemporaryFolder Whole { get; } = new();

        /// <summary>Whether steps of this graph can be asked twice for nothing to do.</summary>
        public bool Twice { get; set; } = true;

        public static async Task<Twins> BuiltAsync(params RunDeclaration[] steps)
        {
            var twins = new Twins { _graph = StepGraph.Create(RunDeclaration.ToSteps(steps)) };
            foreach (var path in new[] { "f0.csv", "f1.csv", "f2.csv", "f3.csv", "folder/x.csv", "nuke.json", "model.json" })
            {
                twins.Write(path, $"good {path}");
            }

            Assert.True((await twins.BuildAsync(twins.Quick.Root)).Succeeded);
            Assert.True((await twins.BuildAsync(twins.Whole.Root)).Succeeded);
            // Writing the lock shows in the folder that a pattern of the whole workspace looks into.
            Assert.Equal(steps.Any(step => step.Always || step.Reads.Contains("**/*.csv")), BuildMirror.Recall(twins.Quick.Root, Key) is null);
            Assert.Empty(BuildMirror.Recall(twins.Quick.Root, Key)?.Changes ?? []);
            return twins;
        }

        public void Write(string path, string text)
        {
            Quick.Write(path, text);
            Whole.Write(path, text);
        }

        public QuickResult? TryQuick() => BuildMirror.Recall(Quick.Root, Key) is { } recalled
            ? QuickBuild.TryRun(Quick.Root, recalled, new(_ => { }, (_, _, _) => { }), default)
            : null;

        /// <summary>What a quick build did, null if it was none; either way both workspaces must then be the same.</summary>
        public async Task<string?> QuickAsync()
        {
            var whole = await BuildAsync(Whole.Root);
            var quick = TryQuick();
            if (quick is null)
            {
                await BuildAsync(Quick.Root);
            }
            else
            {
                var decided = quick.Pending.ToDictionary(step => step.Step);
                Assert.Equal(
                    whole.Steps.Select(step => (step.Step.Name.Value, step.Status, step.Explanation)),
                    quick.Names.Select(name => decided.TryGetValue(name, out var step) ? (name, step.Status, step.Explanation) : (name, StepStatus.UpToDate, "")));
                Assert.Empty(BuildMirror.Recall(Quick.Root, Key)!.Changes);
            }

            AssertSame();
            Assert.True(!Twice || (await new BuildEngine(Quick.Root, new Dictionary<string, IStepExecutor>()).BuildAsync(_graph)).WasUpToDate);
            return quick is null ? null : string.Join(", ", quick.Pending.Select(step => $"{step.Step["steps/".Length..]} {step.Status} {step.Explanation.Split(':')[0]}"));
        }

        public async Task<BuildResult> BuildAsync(string root, TriedStep? tried = null)
        {
            var engine = new BuildEngine(root, new Dictionary<string, IStepExecutor>());
            var mirror = new BuildMirror(root);
            foreach (var path in new[] { "nuke.json", "model.json" })
            {
                mirror.Observe(path, FileStat.Of(Path.Join(root, path)), long.MaxValue);
            }

            var result = await engine.BuildAsync(_graph, new() { Mirror = mirror, AlreadyTried = tried });
            if (result.Succeeded && mirror.Save(Key, "table"u8) is { } place)
            {
                engine.SaveImage(_graph, result, place, "");
            }

            return result;
        }

        public void AssertSame() => Assert.Equal(Picture(Whole.Root), Picture(Quick.Root));

        public void Dispose()
        {
            Quick.Dispose();
            Whole.Dispose();
        }

        /// <summary>Every file that matters with its bytes: lock, outputs, objects, records.</summary>
        private static string Picture(string root) => string.Join('\n', new[] { ".mlops/out", ".mlops/store/objects", ".mlops/store/records" }
            .SelectMany(folder => Directory.GetFiles(Path.Join(root, folder), "*", SearchOption.AllDirectories))
            .Append(Path.Join(root, BuildEngine.LockName)).Append(Path.Join(root, ".mlops/lock-seen"))
            .Select(file => $"{Path.GetRelativePath(root, file)} {Digest.Of(File.ReadAllBytes(file)).Hex}").Order(StringComparer.Ordinal));
    }
}
