using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MlOps.Cli;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines;
using MlOps.Pipelines.ModelCode;

// The fast path: where nothing changed since the last Train or Status, a few stats answer, and nothing else is loaded.
// Where few files changed since a Train, the steps that read them are brought up to date; the declarations are not read either.
try
{
    if (args is [CodeWorker.Command, var request])
    {
        return CodeWorker.Run(request);
    }

    if (args is [StepWorker.Command, var step])
    {
        return StepWorker.Run(step);
    }

    using var cancel = new CancellationTokenSource();
    TriedStep? tried = null;
    var key = args switch
    {
        ["Train"] => Workspace.TrainKey,
        ["Status"] => Workspace.StatusKey,
        ["Package"] => Workspace.PackageKey,
        ["Image"] => Workspace.ImageKey,
        ["Package", "Image"] => Workspace.BothKey,
        _ => null,
    };
    if (key is not null && BuildMirror.Recall(Directory.GetCurrentDirectory(), key) is { } recalled
        && (recalled.Changes.Count == 0 ? recalled.Payload : args is ["Train"] ? Quick(recalled, cancel, out tried) : null) is { } answer)
    {
        ConsoleBytes.Write(ConsoleBytes.Output, answer);
        return 0;
    }

    if (args is [HostCode.Command, .. var assemblies])
    {
        HostCode.Write(assemblies);
        return 0;
    }

#pragma warning disable VSTHRD002, CA2025 // An asynchronous Main costs every command the JIT compiler's time; nobody else waits on this thread.
    return RunAsync(args, tried, cancel).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002, CA2025
}
catch (Exception failure) when (IoFailure.Covers(failure))
{
    // The last resort for lost input and output, the console's own included: whoever knew more has said it before.
    return Failures.Tell([IoFailure.Describe(failure)]);
}

[MethodImpl(MethodImplOptions.NoInlining)]
static byte[]? Quick(Recollection recalled, CancellationTokenSource cancel, out TriedStep? tried)
{
    tried = null;
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, cancel));
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, cancel));
    try
    {
        var live = !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));
        return QuickTrain.TryRun(Directory.GetCurrentDirectory(), recalled, Tell, live, out tried, cancel.Token);
    }
    catch (OperationCanceledException)
    {
        // The whole Train says so.
        return null;
    }

    void Tell(string text)
    {
        try
        {
            ConsoleBytes.Write(ConsoleBytes.Error, System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            // Progress that nobody can see any more must not end the work.
        }
    }
}

[MethodImpl(MethodImplOptions.NoInlining)]
static async Task<int> RunAsync(string[] args, TriedStep? tried, CancellationTokenSource cancel)
{
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, cancel));
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, cancel));
    try
    {
        cancel.Token.ThrowIfCancellationRequested();
        return await TargetRunner.RunAsync(args, tried, cancel.Token);
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

static void Cancel(PosixSignalContext context, CancellationTokenSource cancel)
{
    // The first asks, the second kills.
    context.Cancel = !cancel.IsCancellationRequested;
    cancel.Cancel();
}
