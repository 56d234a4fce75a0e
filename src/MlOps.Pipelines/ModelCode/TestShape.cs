using System.Reflection;
using System.Runtime.CompilerServices;
using MlOps.Code;

namespace MlOps.Pipelines.ModelCode;

/// <summary>What makes a public method a test: it can be called with nothing, and is no method that objects have for others. The build, which only looks, and the worker, which runs, ask the same.</summary>
/// <param name="Result">The full name of the type that it returns.</param>
/// <param name="IsAsync">Whether it was written with <c>async</c>.</param>
/// <param name="Parameters">How many it has.</param>
/// <param name="Required">How many of them have no default.</param>
internal sealed record TestShape(string Name, string Result, bool IsGeneric, bool IsAsync, int Parameters, int Required)
{
    private const string Nothing = "System.Void";

    private static readonly HashSet<string> Results = [Nothing, "System.Threading.Tasks.Task", "System.Threading.Tasks.ValueTask"];

    // What the compiler writes for a record, and what ends an object.
    private static readonly HashSet<string> OfObjects = ["Dispose", "DisposeAsync", "ToString", "GetHashCode", "Equals", "PrintMembers", "<Clone>$"];

    /// <summary>Whether whoever wrote it takes it for a test.</summary>
    public bool IsMeant => Required == 0 && !OfObjects.Contains(Name);

    /// <summary>Whether it is run.</summary>
    public bool IsTest => IsMeant && Odd is null;

    /// <summary>Why a method that is meant as a test could not fail as one, what it does and why that is wrong; null for a test.</summary>
    public (string What, string Why)? Odd =>
        IsGeneric ? ("is generic", "nobody knows for which types to run it")
        : Parameters > 0 ? ("has parameters, all with defaults", "a test is run once, with nothing")
        : !Results.Contains(Result) ? ("returns something", "nobody looks at it: a test fails by throwing")
        : IsAsync && Result == Nothing ? ("is async and returns nothing", "nobody can wait for it, so that it passes whatever it throws") : null;

    /// <summary>As compiled code tells of it.</summary>
    public static TestShape Of(CodeMember member) =>
        new(member.Name, member.Signature.Result == "Void" ? Nothing : member.Signature.Result, member.IsGeneric, member.IsAsync, member.Signature.Parameters.Count, member.Required);

    /// <summary>As loaded code tells of it.</summary>
    public static TestShape Of(MethodInfo method) =>
        new(method.Name, method.ReturnType.FullName ?? "", method.IsGenericMethod, method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false), method.GetParameters().Length, method.GetParameters().Count(parameter => !parameter.IsOptional));
}
