using System.Collections.Immutable;
using System.Text;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Tests.Engine;

/// <summary>What programs find: variables, software, a directory to start in.</summary>
public sealed partial class RunStepTests
{
    [SkippableFact]
    public async Task Env_is_part_of_the_fingerprint_and_pass_is_not()
    {
        OnLinux();
        var step = Run("s", "echo \"$SET ${MLOPS_TEST_TAKEN-absent} $MLOPS_TEST_PASS1\" > o; echo say $MLOPS_TEST_PASS1; exit ${EXIT:-0}", [], ["o"]) with
        {
            Env = ["SET=a=b", "MLOPS_TEST_TAKEN"],
            Settings = new() { Pass = ["MLOPS_TEST_PASS1"] },
        };
        Environment.SetEnvironmentVariable("MLOPS_TEST_PASS1", "hunter-two");
        await BuildAsync(step);
        Assert.Equal("a=b absent hunter-two\n", _workspace.Read(".mlops/out/o"));
        Assert.Equal("""{"MLOPS_TEST_TAKEN":null,"SET":"a=b"}""", Lock(step)["parameters"]!["env"]!.ToJsonString());
        Environment.SetEnvironmentVariable("MLOPS_TEST_PASS1", "hunter-three");
        Assert.True((await BuildAsync(step)).WasUpToDate);

        Environment.SetEnvironmentVariable("MLOPS_TEST_TAKEN", "");
        var ran = await BuildAsync(step);
        Assert.Equal("parameter env.MLOPS_TEST_TAKEN changed: null → \"\"", ran.Steps.Single().Explanation);
        Assert.Equal("say ***\n", Encoding.UTF8.GetString(_workspace.Engine().Store.TryRead(ran.Steps.Single().Result!.Log!.Value)!));
        Environment.SetEnvironmentVariable("MLOPS_TEST_TAKEN", null);

        var failed = await BuildAsync(step with { Env = ["SET=x", "EXIT=3"] });
        Assert.Contains("say ***", failed.Diagnostics.Single().Why, StringComparison.Ordinal);
        Assert.Equal("say ***\n", _workspace.Read(".mlops/logs/steps/s.log"));
        Assert.DoesNotContain("hunter", _workspace.LockText, StringComparison.Ordinal);
        Assert.True((await BuildAsync(step with { Env = ["SET=x"] })).Succeeded);
        Assert.False(File.Exists(_workspace.PathOf(".mlops/logs/steps/s.log")));
    }

    [SkippableFact]
    public async Task A_variable_that_is_to_be_handed_on_and_is_not_set_is_told()
    {
        OnLinux();
        var step = Run("s", "echo > o", [], ["o"]) with { Settings = new() { Pass = ["MLOPS_TEST_NOT_SET", "PATH"] } };
        var found = Assert.Single((await BuildAsync(step)).Steps.Single().Diagnostics);
        Assert.Equal(("MLO3060", "the environment variable 'MLOPS_TEST_NOT_SET' is not set"), (found.Code, found.What));
    }

    [Fact]
    public void A_variable_that_a_fingerprint_covers_is_observed()
    {
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "1");
        var seen = new RememberedAnswer(_workspace.Root);
        seen.Answer(mirror => mirror.ObserveVariable("MLOPS_TEST_OBSERVED"));
        Assert.True(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "2");
        Assert.False(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", null);
        Assert.False(seen.Holds);
        Environment.SetEnvironmentVariable("MLOPS_TEST_OBSERVED", "1");
        Assert.True(seen.Holds);
    }

    [SkippableFact]
    public async Task A_toolchain_is_what_its_probes_print_its_files_hold_and_its_image_is()
    {
        OnLinux();
        _workspace.Write("tool.sh", $"#!/bin/sh\necho x >> {_workspace.PathOf("asked")}\ncat {_workspace.PathOf("version")}\n");
        MakeExecutable("tool.sh");
        _workspace.Write("version", " 1.0 \n");
        _workspace.Write("requirements.txt", "numpy==1\n");
        var tools = new ToolchainDeclaration
        {
            Probes = [[_workspace.PathOf("tool.sh"), "--version"]],
            Files = ImmutableSortedDictionary<string, WorkspacePath>.Empty.Add("requirements.txt", WorkspacePath.Parse("requirements.txt")),
            Image = Digest.Of("image").ToString(),
        };
        var steps = Enumerable.Range(0, 20).Select(i => Run($"s{i}", $"echo {i} > o{i}", [], [$"o{i}"]) with { Toolchain = tools }).ToArray();
        Assert.True((await BuildAsync(steps)).Succeeded);
        Assert.Single((await File.ReadAllLinesAsync(_workspace.PathOf("asked"))));
        var toolchain = Lock(steps[0])["toolchain"]!.AsObject();
        Assert.Equal("1.0", (string?)toolchain[$"{_workspace.PathOf("tool.sh")} --version"]);
        Assert.Equal(Digest.Of("numpy==1\n").ToString(), (string?)toolchain["requirements.txt"]);
        Assert.Equal(Digest.Of("image").ToString(), (string?)toolchain["image"]);
        Assert.True((await BuildAsync(steps)).WasUpToDate);

        _workspace.Write("version", "2.0\n");
        var ran = (await BuildAsync(steps)).Steps[0];
        Assert.Equal((StepStatus.Ran, StaleReason.ToolchainChanged), (ran.Status, ran.Reason));
        Assert.EndsWith("changed: 1.0 → 2.0", ran.Explanation, StringComparison.Ordinal);
        _workspace.Write("requirements.txt", "numpy==2\n");
        Assert.Equal(StaleReason.ToolchainChanged, (await BuildAsync(steps)).Steps[0].Reason);
    }

    [SkippableTheory]
    [InlineData("no-such-program-here", "No such file")]
    [InlineData("false", "exited with 1")]
    [InlineData("true", "printed nothing")]
    public void A_probe_that_gives_no_answer_is_told(string program, string why)
    {
        OnLinux();
        var problem = Assert.Throws<DiagnosticException>(() => _workspace.Engine().Plan(Graph(Run("s", "", [], ["o"]) with { Toolchain = new() { Probes = [[program]] } }))).Diagnostics.Single();
        Assert.Equal("MLO3046", problem.Code);
        Assert.Contains(why, problem.Why, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_program_starts_in_its_directory_and_paths_stay_those_of_the_sandbox()
    {
        OnLinux();
        _workspace.Write("src/in.txt", "1");
        await BuildAsync(Run("s", "cat in.txt > ../out/o", ["src/in.txt"], ["out/o"]) with { Directory = "src" });
        Assert.Equal("1", _workspace.Read(".mlops/out/out/o"));
    }

    private void MakeExecutable(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_workspace.PathOf(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>An answer that is remembered as soon as the files it depends on are old enough to be trusted.</summary>
    private sealed class RememberedAnswer(string root)
    {
        public bool Holds => BuildMirror.TryAnswer(root, "test") is not null;

        public void Answer(Action<BuildMirror> look)
        {
            while (true)
            {
                var mirror = new BuildMirror(root);
                look(mirror);
                mirror.Save("test", "yes"u8);
                if (Holds)
                {
                    return;
                }
            }
        }
    }
}
