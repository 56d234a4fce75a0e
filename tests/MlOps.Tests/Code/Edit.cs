namespace MlOps.Tests.Code;

/// <summary>One program before and after somebody edited it.</summary>
public sealed record Edit(string Name, string Before, string After)
{
    /// <summary>Both texts are put into a file of namespace <c>M</c>; the entry is <c>Model.Run</c>.</summary>
    public static TheoryData<string> Names(IEnumerable<Edit> edits) => [.. edits.Select(edit => edit.Name)];

    /// <summary>One program with something in it replaced.</summary>
    public static Edit Of(string name, string program, string old, string with)
    {
        Assert.Contains(old, program, StringComparison.Ordinal);
        return new(name, program, program.Replace(old, with, StringComparison.Ordinal));
    }

    public override string ToString() => Name;
}
