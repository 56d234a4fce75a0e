using System.Text.Json.Nodes;

namespace MlOps.Engine;

/// <summary>Runs the steps of one action.</summary>
public interface IStepExecutor
{
    /// <summary>Whether it is trusted to read inputs where they lie (workspace files, store objects, without copy or file extension) and never to write to them.
    /// If false, every input is placed in the sandbox under its logical name.</summary>
    bool ReadsInPlace => false;

    /// <summary>Computes the step's outputs into <see cref="StepContext.OutputPath"/> and returns its facts, exactly those of <see cref="Step.FactNames"/>.</summary>
    /// <remarks>It may be called from several threads at once, and again for the same step. Computation is synchronous and checks the token in long loops.</remarks>
    /// <exception cref="MlOps.Content.DiagnosticException">The step failed for a reason that the user can mend.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    JsonObject Execute(StepContext context, CancellationToken cancellationToken);
}
