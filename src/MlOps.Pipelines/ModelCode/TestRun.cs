using System.Diagnostics;
using System.Reflection;
using MlOps.Content;
using Diagnostic = MlOps.Content.Diagnostic;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Runs the tests of a model's own code: each on an object of its own, in the order of their names, to the last of them.</summary>
/// <param name="shell">Knows the code, and is told which test runs.</param>
internal sealed class TestRun(WorkerShell shell)
{
    private const int Told = 20;

    /// <summary>How many there are.</summary>
    /// <param name="types">Full names of types.</param>
    /// <exception cref="DiagnosticException">MLO8340: those that fail.</exception>
    public int Of(IEnumerable<string> types)
    {
        var (count, failed) = (0, new List<Diagnostic>());
        foreach (var type in types.Select(name => shell.Assembly.GetType(name, throwOnError: true)!))
        {
            foreach (var test in Methods(type))
            {
                count++;
                shell.Running = $"test '{type.FullName}.{test.Name}'";
                if (Failure(type, test) is { } failure)
                {
                    failed.Add(failure);
                }
            }
        }

        return failed.Count == 0 ? count
            : throw new DiagnosticException([.. failed.Take(Told), .. failed.Count > Told ? [new("MLO8340", $"and {failed.Count - Told} more tests failed")] : Array.Empty<Diagnostic>()]);
    }

    private static IEnumerable<MethodInfo> Methods(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy)
        .Where(method => method is { IsSpecialName: false, IsGenericMethod: false } && method.GetParameters().Length == 0 && TestShape.IsTest(method.Name, method.ReturnType.FullName ?? ""))
        .Where(method => method.GetBaseDefinition().DeclaringType != typeof(object)).OrderBy(method => method.Name, StringComparer.Ordinal);

    private Diagnostic? Failure(Type type, MethodInfo test)
    {
        object? subject = null;
        try
        {
            subject = test.IsStatic ? null : Activator.CreateInstance(type);
            Wait(test.Invoke(subject, BindingFlags.DoNotWrapExceptions, null, null, null));
            return null;
        }
#pragma warning disable CA1031 // A test fails by throwing whatever it likes.
        catch (Exception thrown)
        {
            thrown = WorkerShell.Inner(thrown);
            return shell.Failed("MLO8340", "failed", $"{thrown.GetType().Name}: {thrown.Message}", shell.Place(new StackTrace(thrown, fNeedFileInfo: true)), "mend the code that it tests, or the test");
        }
#pragma warning restore CA1031
        finally
        {
            (subject as IDisposable)?.Dispose();
        }
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

/// <summary>What makes a public method without parameters a test.</summary>
internal static class TestShape
{
    /// <summary>The types that tests return, by their full names.</summary>
    public static readonly IReadOnlyList<string> Results = ["System.Void", "System.Threading.Tasks.Task", "System.Threading.Tasks.ValueTask"];

    public static bool IsTest(string name, string result) => Results.Contains(result) && name is not ("Dispose" or "DisposeAsync");
}
