using MlOps.Cli;
using MlOps.Pipelines;
using Nuke.Common;
using Target = Nuke.Common.Target;

namespace MlOps.Build;

/// <summary>The targets that look after the product and the machine.</summary>
public interface IHazProduct : IHazWorkspace
{
    /// <summary>Tests to run.</summary>
    [Parameter("only tests whose full name contains it, or an xunit filter")] string? Filter => TryGetValue(() => Filter);

    /// <summary>Whether heavy tests run.</summary>
    [Parameter("the heavy tests too")] bool All => TryGetValue<bool?>(() => All) ?? false;

    /// <inheritdoc cref="Workspace.DoctorAsync"/>
    Target Doctor => _ => _.Description(About(nameof(Doctor))).Executes(() => RunAloneAsync(_ => Workspace.DoctorAsync(Options, default)));

    /// <summary>The solution with its tests and every analyzer.</summary>
    Target Compile => _ => _.Description(About(nameof(Compile))).Executes(() => RunAloneAsync(async _ => Ended(await CompileTarget.RunAsync(RootDirectory, default))));

    /// <summary>Every test.</summary>
    Target Test => _ => _.Description(About(nameof(Test))).Executes(() => RunAloneAsync(async _ => Ended(await TestTarget.RunAsync(RootDirectory, Filter, All, default))));

    /// <inheritdoc cref="Workspace.Clean"/>
    Target Clean => _ => _.Description(About(nameof(Clean))).Executes(() => RunAsync(workspace => Task.FromResult(workspace.Clean(DryRun))));

    /// <summary>Gc: how young results stay.</summary>
    [Parameter("keep the results of so many days, whoever names them (default: 30)")] int Days => TryGetValue<int?>(() => Days) ?? 30;

    /// <summary>Verify: whether steps run again.</summary>
    [Parameter("run the steps again elsewhere and compare bytes or metrics with the lock")] bool Rebuild => TryGetValue<bool?>(() => Rebuild) ?? false;

    /// <summary>Verify: whether remotes are audited.</summary>
    [Parameter("audit the remotes, too")] bool Remote => TryGetValue<bool?>(() => Remote) ?? false;

    /// <summary>Verify: the step to run again, or the package or image to check.</summary>
    [Parameter("the step to run again, or the package, file or oci:// address to check (Verify)")] string? Step => TryGetValue(() => Step);

    /// <inheritdoc cref="Workspace.GcAsync"/>
    Target Gc => _ => _.Description(About(nameof(Gc))).Executes(() => RunAsync(workspace => workspace.GcAsync(Days, DryRun, default)));

    /// <inheritdoc cref="Workspace.VerifyAsync"/>
    Target Verify => _ => _.Description(About(nameof(Verify))).Executes(() => RunAsync(workspace =>
        !Rebuild && Step is { } word && workspace.IsArtifact(word) ? workspace.CheckAsync(word, Environment, default)
        : Rebuild || Step is not null ? workspace.RebuildAsync(Step, default) : workspace.VerifyAsync(Remote, DryRun, default)));

    private static Outcome Ended(int exit) => new((Pipelines.ExitCode)exit, "");
}
