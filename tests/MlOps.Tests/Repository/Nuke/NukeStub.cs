// Our own declarations of the members of Nuke.Common 10 that build/*.cs uses, for tests only: they prove that those files compile, and
// record what each target says. They are no part of the product. https://nuke.build (MIT) holds the real ones.
using System.Linq.Expressions;

namespace Nuke.Common;

public delegate ITargetDefinition Target(ITargetDefinition definition);

public interface ITargetDefinition
{
    ITargetDefinition Description(string description);

    ITargetDefinition Requires<T>(Expression<Func<T>> parameterRequirement, params Expression<Func<T>>[] parameterRequirements)
        where T : class?;

    ITargetDefinition Executes(params Action[] actions);

    ITargetDefinition Executes<T>(Func<T> action);

    ITargetDefinition Executes(Func<Task> action);
}

public interface INukeBuild
{
    IO.AbsolutePath RootDirectory { get; }

    int? ExitCode { get; set; }

    bool Plan { get; }

    T? TryGetValue<T>(Expression<Func<T>> parameterExpression)
        where T : class?;

    T? TryGetValue<T>(Expression<Func<object?>> parameterExpression);
}

public abstract class NukeBuild : INukeBuild
{
    public static IO.AbsolutePath RootDirectory => new(Environment.CurrentDirectory);

    public int? ExitCode { get; set; }

    public bool Plan { get; set; }

    IO.AbsolutePath INukeBuild.RootDirectory => RootDirectory;

    public static int Execute<T>(params Expression<Func<T, Target>>[] defaultTargetExpressions)
        where T : NukeBuild, new() => defaultTargetExpressions.Length;

    public T? TryGetValue<T>(Expression<Func<T>> parameterExpression)
        where T : class? => null;

    public T? TryGetValue<T>(Expression<Func<object?>> parameterExpression) => default;
}

public static class Assert
{
    public static void True(bool condition, string? message = null)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }
}

[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ParameterAttribute(string? description = null) : Attribute
{
    public string? Description { get; } = description;
}
