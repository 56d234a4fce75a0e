using System.Diagnostics;
using System.Reflection;
using MlOps.Content;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Runs the tests of a model's own code: each on an object of its own, in the order of their names, to the last of them.</summary>
/// <param name="shell">Knows the code, and is told which test runs and which failed.</param>
internal sealed class TestRun(WorkerShell shell)
{
    private const int Told = 20;

    /// <summary>How many there are.</summary>
    /// <param name="types">Full names of types.</param>
    /// <exception cref="DiagnosticException">MLO8340: those that fail.</exception>
    public int Of(IEnumerable<string> types)
    {
        var count = 0;
        foreach (var type in types.Select(name => shell.Assembly.GetType(name, throwOnError: true)!))
        {
            var tests = Methods(type);
            foreach (var test in tests)
            {
                shell.Running = $"test '{type.FullName}.{test.Name}'";
                Run(type, test);
            }

            count += tests.Count > 0 ? tests.Count : throw new DiagnosticException(new Diagnostic("MLO8345", $"type '{type.FullName}' has no tests that could be run"));
        }

        var failed = shell.Found;
        return failed.Count == 0 ? count
            : throw new DiagnosticException([.. failed.Take(Told), .. failed.Count > Told ? [new("MLO8340", $"and {failed.Count - Told} more failures")] : Array.Empty<Diagnostic>()]);
    }

    private static List<MethodInfo> Methods(Type type) => [.. type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy)
        .Where(method => !method.IsSpecialName && method.GetBaseDefinition().DeclaringType != typeof(object) && TestShape.Of(method).IsTest).OrderBy(method => method.Name, StringComparer.Ordinal)];

    private void Run(Type type, MethodInfo test)
    {
        object? subject = null;
        Try("failed", () =>
        {
            subject = test.IsStatic ? null : Activator.CreateInstance(type);
            Wait(test.Invoke(subject, BindingFlags.DoNotWrapExceptions, null, null, null));
        });
        Try("failed when its object was disposed", () =>
        {
            if (subject is IAsyncDisposable later)
            {
                Wait(later.DisposeAsync().AsTask());
            }
            else
            {
                (subject as IDisposable)?.Dispose();
            }
        });
    }

    private void Try(string what, Action run)
    {
        try
        {
            run();
        }
#pragma warning disable CA1031 // A test fails by throwing whatever it likes.
        catch (Exception thrown)
        {
            thrown = WorkerShell.Inner(thrown);
            shell.Found.Add(shell.Failed("MLO8340", what, $"{thrown.GetType().Name}: {thrown.Message}", shell.Place(new StackTrace(thrown, fNeedFileInfo: true)), "mend the code that it tests, or the test"));
        }
#pragma warning restore CA1031
    }

#pragma warning disable VSTHRD002 // Tests run one after the other, in a process that does nothing else.
    private static void Wait(object? returned)
    {
        if ((returned as Task ?? (returned as ValueTask?)?.AsTask()) is { } task)
        {
            task.GetAwaiter().GetResult();
        }
    }
#pragma warning restore VSTHRD002
}
