using System.Runtime.CompilerServices;
using MlOps.Cli;
using MlOps.Content;
using MlOps.Pipelines;

// The fast path: where nothing changed since the last Train or Status, a few stats answer, and nothing else is loaded.
try
{
    var key = args is ["Train"] ? Workspace.TrainKey : args is ["Status"] ? Workspace.StatusKey : null;
    if (key is not null && BuildMirror.TryAnswer(Directory.GetCurrentDirectory(), key) is { } answer)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(answer);
        return 0;
    }

    return await RunAsync(args);
}
catch (Exception failure) when (IoFailure.Covers(failure))
{
    // The last resort for lost input and output, the console's own included: whoever knew more has said it before.
    return Failures.Tell([IoFailure.Describe(failure)]);
}

[MethodImpl(MethodImplOptions.NoInlining)]
static async Task<int> RunAsync(string[] args)
{
    using var cancel = new CancellationTokenSource();
    using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, context => Cancel(context, cancel));
    using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context => Cancel(context, cancel));
    try
    {
        return await TargetRunner.RunAsync(args, cancel.Token);
    }
    catch (DiagnosticException failure)
    {
        return Failures.Tell(failure.Diagnostics);
    }
    catch (OperationCanceledException) when (cancel.IsCancellationRequested)
    {
        await Console.Error.WriteLineAsync("cancelled; lock and store are as they were");
        return (int)ExitCode.Cancelled;
    }
}

static void Cancel(System.Runtime.InteropServices.PosixSignalContext context, CancellationTokenSource cancel)
{
    // The first asks, the second kills.
    context.Cancel = !cancel.IsCancellationRequested;
    cancel.Cancel();
}
