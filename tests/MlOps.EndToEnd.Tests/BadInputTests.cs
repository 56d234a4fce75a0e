using System.Diagnostics;
using System.Security.Cryptography;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Everything that users get wrong: a diagnostic with its code, exit 1 (64 for wrong usage), lock and store as they were.</summary>
public sealed class BadInputTests : IClassFixture<BadInputTests.Trained>
{
    private const string Data = "models/m/data/m.csv";
    private const string Model = "models/m/model.json";
    private const uint Nobody = 65534;

    private readonly Trained _trained;

    public BadInputTests(Trained trained) => _trained = trained;

    private static readonly Dictionary<string, Case> Cases = new(StringComparer.Ordinal)
    {
        ["no nuke.json"] = new("MLO2001", w => File.Delete(w.At("nuke.json"))),
        ["empty nuke.json"] = new("MLO1001", w => w.Write("nuke.json", "")),
        ["malformed nuke.json"] = new("MLO1001", w => w.Write("nuke.json", "{\n  \"name\": \"x\",\n}")) { Where = "nuke.json:3" },
        ["unknown key"] = new("MLO1002", w => w.Replace(Model, "\"label\"", "\"lable\"")) { Also = "did you mean 'label'?" },
        ["duplicate key"] = new("MLO1003", w => w.Replace(Model, "\"label\": \"y\"", "\"label\": \"y\",\n  \"label\": \"y\"")),
        ["missing key"] = new("MLO1004", w => w.Replace(Model, "\"label\": \"y\",", "")),
        ["wrong type"] = new("MLO1005", w => w.Replace(Model, "\"label\": \"y\"", "\"label\": 5")),
        ["unknown word"] = new("MLO1006", w => w.Replace(Model, "\"regression\"", "\"regresion\"")) { Also = "did you mean 'regression'?" },
        ["unknown trainer"] = new("MLO1006", w => w.Replace(Model, "\"linear\"", "\"liner\"")) { Also = "did you mean 'linear'?" },
        ["undeclared dataset"] = new("MLO2008", w => w.Replace(Model, "\"data\": \"m\"", "\"data\": \"n\"")),
        ["merge conflict in the lock"] = new("", w => w.Write("data.lock.json", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n")) { Where = "data.lock.json:1", Also = "merge" },
        ["path outside the workspace"] = new("MLO2004", w => w.Replace("nuke.json", Data, "../m.csv")),
        ["absolute path"] = new("MLO2004", w => w.Replace("nuke.json", Data, "/etc/passwd")),
        ["data file missing, here and in the store"] = new("", w => { File.Delete(w.At(Data)); Directory.Delete(w.At(".mlops/store"), recursive: true); }) { Also = Data, Loses = true },
        ["data is a symlink loop"] = new("", w => Link(w, Data, "m.csv")) { Also = Data },
        ["data is a symlink out of the workspace"] = new("", w => Link(w, Data, "/etc/passwd")) { Also = Data },
        ["label column missing"] = new("MLO2020", w => w.Replace(Model, "\"label\": \"y\"", "\"label\": \"z\"")) { Where = "model.json:4" },
        ["feature column missing"] = new("MLO2020", w => w.Replace(Model, "\"a\":", "\"c\":")),
        ["a text column declared numeric"] = new("MLO6013", w => w.Write(Data, Rows(30, i => $"x{i % 3},{i},{i}"))) { Where = "model.json:6" },
        ["weight is a feature"] = new("MLO2011", w => w.Replace(Model, "\"label\": \"y\"", "\"label\": \"y\", \"weight\": \"a\"")) { Also = "how much each row counts" },
        ["weight column missing"] = new("MLO2020", w => w.Replace(Model, "\"label\": \"y\"", "\"label\": \"y\", \"weight\": \"c\"")) { Where = "model.json:4" },
        ["feature is the label"] = new("MLO2011", w => w.Replace(Model, "\"a\":", "\"y\":")),
        ["trainer option out of range"] = new("MLO6001", w => w.Replace(Model, "\"linear\"", "\"linear\", \"l2\": -1")),
        ["unknown metric in the gate"] = new("MLO1002", w => w.Replace(Model, "\"r2\"", "\"r3\"")) { Also = "'r2'" },
        ["another task's metric in the gate"] = new("MLO6030", w => w.Replace(Model, "\"r2\"", "\"auc\"")) { Where = "model.json:10" },
        ["unknown metric in a gate's rule"] = new("MLO6030", w => w.Replace(Model, "\"r2\": { \"min\": 0 }", "\"baseline\": { \"metric\": \"rmes\" }")) { Also = "'rmse'" },
        ["a rate of a model that is not binary"] = new("MLO6030", w => w.Replace(Model, "\"r2\": { \"min\": 0 }", "\"gaps\": { \"b\": { \"selectionRate\": { \"max\": 1 } } }")),
        ["unknown environment of a champion"] = new("MLO2190", w => w.Replace(Model, "\"r2\": { \"min\": 0 }", "\"champion\": { \"environment\": \"locla\", \"metric\": \"r2\" }")) { Also = "'local'" },
        ["unknown slice column"] = new("MLO2020", w => w.Replace(Model, "\"trainer\"", "\"evaluate\": { \"slices\": [ \"bb\" ] }, \"trainer\"")) { Where = "model.json:9", Also = "'bb'" },
        ["unknown column of a gap"] = new("MLO2020", w => w.Replace(Model, "\"r2\": { \"min\": 0 }", "\"gaps\": { \"c\": { \"mae\": { \"max\": 1 } } }")) { Also = "'c'" },
        ["an interval of no resamples"] = new("MLO6040", w => w.Replace(Model, "\"trainer\"", "\"evaluate\": { \"intervals\": { \"resamples\": 0 } }, \"trainer\"")) { Where = "model.json:9" },
        ["one bin"] = new("MLO6040", w => w.Replace(Model, "\"trainer\"", "\"evaluate\": { \"slices\": [ { \"column\": \"a\", \"bins\": 1 } ] }, \"trainer\"")),
        ["a regression that is calibrated"] = new("MLO6042", w => w.Replace(Model, "\"trainer\"", "\"calibrate\": \"platt\", \"trainer\"")) { Where = "model.json:9" },
        ["releases that name no digest"] = new("MLO2191", w => Released(w, "{ \"local\": { \"model\": \"1.2.0\" } }")) { Where = "models/m/releases.json" },
        ["malformed releases"] = new("MLO1001", w => Released(w, "{ \"local\": ")) { Where = "models/m/releases.json" },
        ["label constant"] = new("MLO60", w => w.Write(Data, Rows(30, i => $"{i},{i % 3},1"))),
        ["label empty in every row"] = new("MLO2021", w => w.Write(Data, Rows(30, i => $"{i},{i % 3},"))),
        ["one row"] = new("MLO60", w => w.Write(Data, Rows(1, _ => "1,2,3"))),
        ["empty file"] = new("MLO40", w => w.Write(Data, "")),
        ["header only"] = new("MLO40", w => w.Write(Data, "a,b,y\n")),
        ["ragged row"] = new("MLO40", w => w.Write(Data, Rows(30, i => i == 7 ? "1,2" : $"{i},{i},{i}"))) { Where = Data + ":9" },
        ["NUL byte"] = new("MLO40", w => w.Write(Data, Rows(30, i => i == 7 ? "1,\0,3" : $"{i},{i},{i}"))),
        ["invalid UTF-8"] = new("MLO40", w => File.WriteAllBytes(w.At(Data), [.. "a,b,y\n1,2,3\n"u8, 0xC3, 0x28, .. ",2,3\n"u8])),
        ["duplicate columns"] = new("MLO40", w => w.Write(Data, "a,a,y\n1,2,3\n4,5,6\n")),
        ["a number beyond double"] = new("MLO40", w => w.Write(Data, Rows(30, i => i == 7 ? "1e999,1,2" : $"{i},{i},{i}"))) { Where = Data + ":9" },
        ["an unterminated quote"] = new("MLO40", w => w.Write(Data, Rows(30, i => i == 7 ? "\"1,2,3" : $"{i},{i},{i}"))),
        ["nuke.json is a folder"] = new("", w => { File.Delete(w.At("nuke.json")); Directory.CreateDirectory(w.At("nuke.json")); }),
        ["nuke.json nested without end"] = new("MLO10", w => w.Write("nuke.json", new string('[', 100_000))),
        ["nuke.json that is null"] = new("MLO10", w => w.Write("nuke.json", "null")),
        ["nuke.json in UTF-16"] = new("MLO10", w => File.WriteAllText(w.At("nuke.json"), "{\"name\": \"x\"}", System.Text.Encoding.Unicode)),
        ["a port that is none"] = new("MLO2005", w => w.Replace("nuke.json", "8099", "70000")) { Where = "nuke.json:" },
        ["a port that is a text"] = new("MLO1005", w => w.Replace("nuke.json", "8099", "\"x\"")),
        ["unknown driver"] = new("MLO1006", w => w.Replace("nuke.json", "\"process\"", "\"proces\"")) { Also = "process" },
        ["a model's name with blanks"] = new("MLO2003", w => Directory.Move(w.At("models/m"), w.At("models/m m"))),
        ["a share of test rows beyond 1"] = new("", w => w.Replace(Model, "\"trainer\"", "\"split\": { \"by\": \"hash\", \"test\": 2 }, \"trainer\"")),
        ["a split by an absent column"] = new("", w => w.Replace(Model, "\"trainer\"", "\"split\": { \"by\": \"group\", \"column\": \"who\" }, \"trainer\"")) { Also = "'who'" },
        ["a split that leaves no test row"] = new("", w => w.Replace(Model, "\"trainer\"", "\"split\": { \"by\": \"column\", \"column\": \"b\", \"test\": \"no such value\" }, \"trainer\"")),
        ["no features"] = new("", w => w.Replace(Model, "\"a\": \"numeric\",\n    \"b\": \"numeric\"", "")),
        ["a text where numbers were"] = new("", w => w.Write(Data, Rows(200, i => $"{i},{(i == 150 ? "many" : i % 11)},{i}"))),
        ["a lock of another format"] = new("MLO30", w => w.Replace("data.lock.json", "\"format\": 1", "\"format\": 99")),
        ["a lock cut short"] = new("MLO", w => w.Write("data.lock.json", w.Lock[..(w.Lock.Length / 2)])),
        ["a breach of the contract"] = new("MLO41", w => w.Replace("nuke.json", $"\"{Data}\"", $"\"{Data}\", \"contract\": {{ \"columns\": {{ \"a\": {{ \"max\": 100 }} }} }}")) { Where = Data, Also = "101" },
        ["a contract with an unknown key"] = new("MLO1002", w => w.Replace("nuke.json", $"\"{Data}\"", $"\"{Data}\", \"contract\": {{ \"colums\": {{}} }}")) { Also = "'columns'" },
        ["a step that fails"] = new("MLO3", w => Step(w, "\"false\"", "\"out\"")),
        ["a step whose program is absent"] = new("MLO3", w => Step(w, "\"no-such-program\"", "\"out\"")) { Also = "no-such-program" },
        ["a step that does not write its output"] = new("MLO3", w => Step(w, "\"true\"", "\"out\"")) { Also = "out" },
        ["a step that writes nothing"] = new("MLO2007", w => Step(w, "\"true\"", "")),
        ["a step that writes outside"] = new("MLO2004", w => Step(w, "\"true\"", "\"../out\"")),
        ["steps in a circle"] = new("MLO3", w => w.Replace("nuke.json", "\"environments\"", "\"steps\": { \"s\": { \"run\": [\"true\"], \"reads\": [\"b\"], \"writes\": [\"a\"] }, \"t\": { \"run\": [\"true\"], \"reads\": [\"a\"], \"writes\": [\"b\"] } }, \"environments\"")),
        ["two steps that write one file"] = new("MLO3", w => w.Replace("nuke.json", "\"environments\"", "\"steps\": { \"s\": { \"run\": [\"true\"], \"writes\": [\"a\"] }, \"t\": { \"run\": [\"true\"], \"writes\": [\"a\"] } }, \"environments\"")),
        ["New of an empty file"] = new("MLO40", w => w.Write("x.csv", "")) { Command = "New x --data x.csv --label y" },
        ["New of a header only"] = new("MLO40", w => w.Write("x.csv", "a,y\n")) { Command = "New x --data x.csv --label y" },
        ["New of a ragged file"] = new("MLO40", w => w.Write("x.csv", "a,y\n1,2\n3\n")) { Command = "New x --data x.csv --label y", Where = "x.csv:3" },
        ["New of a folder"] = new("MLO2071", _ => { }) { Command = "New x --data models --label y", Also = "folder" },
        ["New of a symlink loop"] = new("MLO2071", w => File.CreateSymbolicLink(w.At("x.csv"), "x.csv")) { Command = "New x --data x.csv --label y" },
        ["New with a constant label"] = new("MLO21", w => w.Write("x.csv", "a,y\n1,2\n3,2\n4,2\n")) { Command = "New x --data x.csv --label y" },
        ["New of one row"] = new("MLO", w => w.Write("x.csv", "a,y\n1,2\n")) { Command = "New x --data x.csv --label y" },
        ["a root that does not exist"] = new("MLO2001", _ => { }) { Command = "Train --root nowhere" },
        ["the store is a file"] = new("MLO", w => { Directory.Move(w.At(".mlops/store"), w.At(".mlops/kept")); w.Write(".mlops/store", ""); }) { Loses = true },
        ["option before the target"] = new("MLO9001", _ => { }) { Command = "--json Train", Exit = 64, Also = "first word" },
        ["Smoke of nothing"] = new("MLO2060", _ => { }) { Command = "Smoke" },
        ["unknown dataset"] = new("MLO2032", _ => { }) { Command = "Import mm", Also = "'m'" },
        ["unknown target"] = new("MLO9001", _ => { }) { Command = "Trian", Exit = 64, Also = "Train" },
        ["unknown option"] = new("MLO9002", _ => { }) { Command = "Train --jobz 2", Exit = 64 },
        ["jobs that is no number"] = new("MLO9002", _ => { }) { Command = "Train --jobs many", Exit = 64 },
        ["New without its options"] = new("MLO9002", _ => { }) { Command = "New x", Exit = 64 },
        ["New of a missing file"] = new("MLO2071", _ => { }) { Command = "New x --data nothing.csv --label y" },
        ["New with a name that exists"] = new("MLO2072", _ => { }) { Command = $"New m --data {Data} --label y" },
        ["a model called data"] = new("MLO2003", w => Directory.Move(w.At("models/m"), w.At("models/data"))),
        ["New with a bad name"] = new("MLO2003", _ => { }) { Command = $"New ../x --data {Data} --label y" },
        ["New with an absent label"] = new("", _ => { }) { Command = $"New x --data {Data} --label why", Also = "'why'" },
        ["New with half a split"] = new("MLO2070", _ => { }) { Command = $"New x --data {Data} --label y --split-column a" },
        ["unknown model"] = new("MLO2030", _ => { }) { Command = "Train --model n" },
        ["unknown step"] = new("MLO2031", _ => { }) { Command = "Train --force=tain" , Also = "'train'" },
        ["unknown environment"] = new("MLO2061", _ => { }) { Command = "Release --environment stagging" },
        ["unknown revision"] = new("MLO2050", _ => { }) { Command = "Explain nosuchrevision" },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bad_input_gets_a_diagnostic_and_loses_nothing(string name)
    {
        var bad = Cases[name];
        using var workspace = _trained.Copy();
        bad.Break(workspace);
        string[] before = bad.Loses ? [workspace.Lock] : Snapshot(workspace);

        var ran = workspace.Run(bad.Command);

        Assert.True(bad.Exit == ran.Exit, $"exit {ran.Exit}: {ran.Output}{ran.Errors}");
        Assert.Contains("MLO" + (bad.Code.Length > 3 ? bad.Code[3..] : ""), ran.Errors, StringComparison.Ordinal);
        Assert.Contains(" error: ", ran.Errors, StringComparison.Ordinal);
        Assert.Contains(bad.Where, ran.Errors, StringComparison.Ordinal);
        Assert.Contains(bad.Also, ran.Errors, StringComparison.Ordinal);
        Assert.Contains("mend:", ran.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        Assert.Equal(before[0], workspace.Lock);
        if (bad.Loses)
        {
            return;
        }

        Assert.Empty(before.Except(Snapshot(workspace)));
    }

    [Fact]
    public void An_unreadable_file_is_told_to_an_ordinary_user()
    {
        using var workspace = _trained.Copy();
        Own(workspace, Nobody);
        workspace.Start("chmod", ["0", workspace.At(Data)]).Expect(0);

        Told(AsNobody(workspace, "Train"), Data);
    }

    [Fact]
    public void A_read_only_workspace_is_told_to_an_ordinary_user_and_still_answers_what_it_can()
    {
        using var workspace = _trained.Copy();
        workspace.Replace(Model, "\"linear\"", "\"linear\", \"l2\": 2");
        workspace.Start("chmod", ["-R", "a-w,a+rX", workspace.Root]).Expect(0);

        Told(AsNobody(workspace, "Train"), "mend:");
        Assert.Contains("l2", AsNobody(workspace, "Plan").Expect(2).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Import", 1)]
    [InlineData("Status", 2)]
    [InlineData("Explain", 0)]
    [InlineData("Release", 1)]
    [InlineData("Stop", 1)]
    [InlineData("Doctor", 1)]
    [InlineData("Clean", 1)]
    [InlineData("New x --data models/m/data/m.csv --label y", 1)]
    public void No_target_shows_a_stack_trace_to_somebody_who_may_only_read(string command, int exit)
    {
        using var workspace = _trained.Copy();
        workspace.Write(Data, Rows(150, i => $"{i},{i * 7 % 11},{(2 * i) + (i * 7 % 11)}"));
        workspace.Write(".mlops/sandbox/x", "");
        workspace.Start("chmod", ["-R", "a-w,a+rX", workspace.Root]).Expect(0);

        var ran = AsNobody(workspace, command.Split(' '));

        Assert.True(ran.Exit == exit, $"exit {ran.Exit}: {ran.Output}{ran.Errors}");
        Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        Assert.Equal(exit == 1, (ran.Output + ran.Errors).Contains("mend:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("models")]
    [InlineData("models/m")]
    [InlineData("models/m/data")]
    [InlineData(".mlops")]
    [InlineData("nuke.json")]
    [InlineData("data.lock.json")]
    public void No_unreadable_file_or_folder_shows_a_stack_trace(string path)
    {
        using var workspace = _trained.Copy();
        Own(workspace, Nobody);
        workspace.Start("chmod", ["0", workspace.At(path)]).Expect(0);

        foreach (var target in new[] { "Train", "Plan", "Explain", "Status", "Doctor", "Clean" })
        {
            var ran = AsNobody(workspace, target);
            Assert.True(ran.Exit is >= 0 and <= 2, $"{target}: exit {ran.Exit}: {ran.Output}{ran.Errors}");
            Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        }

        workspace.Start("chmod", ["-R", "u+rwX", workspace.Root]).Expect(0);
    }

    [Fact]
    public void A_full_disk_is_told_and_lock_and_store_stay_as_they_were()
    {
        using var outside = _trained.Copy();
        using var workspace = new Workspace();
        workspace.Start("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", workspace.Root]).Expect(0);
        try
        {
            Workspace.CopyFolder(outside.Root, workspace.Root);
            workspace.Write(Data, Rows(3000, i => $"{i},{i % 7},{i}"));
            using (var filler = File.Create(workspace.At("filler")))
            {
                try
                {
                    while (true)
                    {
                        filler.Write(new byte[4096]);
                        filler.Flush();
                    }
                }
                catch (IOException)
                {
                    // The disk is full, as it should be.
                }
            }

            var before = workspace.Lock;
            Told(workspace.Run("Train"), "mend:");
            Assert.Equal(before, workspace.Lock);

            File.Delete(workspace.At("filler"));
        }
        finally
        {
            outside.Start("umount", [workspace.Root]).Expect(0);
        }
    }

    private static void Told(Ran ran, string also)
    {
        Assert.True(ran.Exit == 1, $"exit {ran.Exit}: {ran.Output}{ran.Errors}");
        Assert.Contains(" error: ", ran.Errors, StringComparison.Ordinal);
        Assert.Contains(also, ran.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
    }

    private static void Own(Workspace workspace, uint user) =>
        workspace.Start("chown", ["-R", $"{user}:{user}", workspace.Root]).Expect(0);

    /// <summary>Root may read and write everything; an ordinary user shows what permissions do. The host is copied to where that user may read it.</summary>
    private Ran AsNobody(Workspace workspace, params string[] words) =>
        workspace.Start("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "dotnet", Path.Combine(_trained.Host, "mlops.dll"), .. words]);

    private static void Step(Workspace workspace, string run, string writes) => workspace.Replace(
        "nuke.json", "\"environments\"", $"\"steps\": {{ \"s\": {{ \"run\": [{run}], \"writes\": [{writes}] }} }}, \"environments\"");

    private static void Link(Workspace workspace, string path, string to)
    {
        File.Delete(workspace.At(path));
        File.CreateSymbolicLink(workspace.At(path), to);
    }

    private static void Released(Workspace workspace, string releases)
    {
        workspace.Replace(Model, "\"r2\": { \"min\": 0 }", "\"champion\": { \"environment\": \"local\", \"metric\": \"r2\" }");
        workspace.Write("models/m/releases.json", releases);
    }

    private static string Rows(int count, Func<int, string> row) => "a,b,y\n" + string.Concat(Enumerable.Range(0, count).Select(i => row(i) + "\n"));

    /// <summary>The lock's bytes, then the store's objects and records with their digests: none of them may be lost or changed.</summary>
    private static string[] Snapshot(Workspace workspace) =>
    [
        File.ReadAllText(workspace.At("data.lock.json")),
        .. Directory.EnumerateFiles(workspace.At(".mlops/store"), "*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(workspace.Root, file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    /// <param name="Code">How the diagnostic's code begins.</param>
    /// <param name="Break">What makes the trained workspace bad.</param>
    private sealed record Case(string Code, Action<Workspace> Break)
    {
        public string Command { get; init; } = "Train";

        public int Exit { get; init; } = 1;

        public string Where { get; init; } = "";

        public string Also { get; init; } = "";

        /// <summary>Whether breaking it takes the store away.</summary>
        public bool Loses { get; init; }
    }

    /// <summary>A small trained workspace; each test works on a copy of its own.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly Workspace _workspace = new();

        public Trained()
        {
            _workspace.Write("nuke.json", $$"""
                {
                  "name": "bad",
                  "data": { "m": { "path": "{{Data}}" } },
                  "environments": { "local": { "driver": "process", "port": 8099 } }
                }
                """);
            _workspace.Write(Model, """
                {
                  "task": "regression",
                  "data": "m",
                  "label": "y",
                  "features": {
                    "a": "numeric",
                    "b": "numeric"
                  },
                  "trainer": { "name": "linear" },
                  "gate": { "r2": { "min": 0 } }
                }
                """);
            _workspace.Write(Data, Rows(200, i => $"{i},{i * 7 % 11},{(2 * i) + (i * 7 % 11)}"));
            _workspace.Run("Train").Expect(0);
            Host = Path.Combine(Path.GetTempPath(), Path.GetFileName(_workspace.Root) + "-host");
            Workspace.CopyFolder(Path.Combine(RepositoryFolder.Root, ".artifacts", "host"), Host);
            _workspace.Start("chmod", ["-R", "a+rX", Host]).Expect(0);
        }

        public string Host { get; }

        internal Workspace Copy()
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            return copy;
        }

        public void Dispose()
        {
            _workspace.Dispose();
            Directory.Delete(Host, recursive: true);
        }
    }
}
