using MlOps.Cli;
using MlOps.Content;
using MlOps.Pipelines;
using Nuke.Common;

namespace MlOps.Build;

/// <summary>What the components share: options of every target, and how a target's outcome becomes NUKE's.</summary>
public interface IHazWorkspace : INukeBuild
{
    /// <summary>The models that the target is about; all when empty.</summary>
    [Parameter("only these models")] string[] Model => TryGetValue(() => Model) ?? [];

    /// <summary>Steps and threads at once.</summary>
    [Parameter("steps and threads at once")] int Jobs => TryGetValue<int?>(() => Jobs) ?? System.Environment.ProcessorCount;

    /// <summary>A step to run though it is up to date.</summary>
    [Parameter("run this step though it is up to date")] string? Force => TryGetValue(() => Force);

    /// <summary>Whether to do nothing but say what would be done.</summary>
    [Parameter("say what would be done, and do nothing")] bool DryRun => TryGetValue<bool?>(() => DryRun) ?? false;

    /// <summary>Whether a failure leaves the steps that do not need it running.</summary>
    [Parameter("after a failure, go on with the steps that do not need it")] bool KeepGoing => TryGetValue<bool?>(() => KeepGoing) ?? false;

    /// <summary>Whether every file is read again.</summary>
    [Parameter("read every file again instead of trusting size and times")] bool Rehash => TryGetValue<bool?>(() => Rehash) ?? false;

    /// <summary>An environment of <c>nuke.json</c>.</summary>
    [Parameter("an environment of nuke.json (default: its first)")] string? Environment => TryGetValue(() => Environment);

    /// <summary>The options as the workspace takes them.</summary>
    WorkspaceOptions Options => new()
    {
        Root = RootDirectory, Models = Model, Jobs = Jobs, ForceStep = Force, KeepGoing = KeepGoing, Rehash = Rehash,
    };

    /// <summary>The line that both hosts show for a target.</summary>
    string About(string target) => Targets.All.Single(known => known.Name == target).Description;

    /// <summary>Opens the workspace and runs one of its methods.</summary>
    Task RunAsync(Func<Workspace, Task<Outcome>> target) => RunAloneAsync(async reporter =>
    {
        var workspace = Workspace.Open(Options, reporter);
        return await target(workspace);
    });

    /// <summary>Runs what needs no workspace. Any exit but 0 fails the NUKE target and becomes the exit code of the process.</summary>
    async Task RunAloneAsync(Func<IReporter, Task<Outcome>> target)
    {
        using var terminal = new Terminal(Cli.Verbosity.Normal);
        try
        {
            var outcome = await target(terminal);
            await Console.Out.WriteLineAsync(outcome.Text);
            ExitCode = (int)outcome.Exit;
        }
        catch (DiagnosticException failure)
        {
            foreach (var diagnostic in failure.Diagnostics)
            {
                terminal.Warn(diagnostic);
            }

            ExitCode = (int)Pipelines.ExitCode.Failed;
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            terminal.Warn(IoFailure.Describe(failure));
            ExitCode = (int)Pipelines.ExitCode.Failed;
        }

        Nuke.Common.Assert.True(ExitCode == 0, $"exit {ExitCode}");
    }
}
