using MlOps.Code;
using MlOps.Content;
using MlOps.Learning;
using MlOps.Pipelines.Definitions;

namespace MlOps.Pipelines.ModelCode;

/// <summary>Whether the types that a model declares, its trainer and its tests, are there and are what they are to be; and where each is entered.</summary>
internal sealed class TypeCheck(CodeLibrary library, string assembly, CodeSymbols symbols, List<Diagnostic> found)
{
    // What the compiler writes for a record, and nobody asks a trainer.
    private static readonly HashSet<string> OfRecords = ["ToString", "GetHashCode", "Equals", "PrintMembers", "<Clone>$", "get_EqualityContract"];

    /// <summary>The entries of a model's types, by name.</summary>
    public Dictionary<string, IReadOnlyList<CodeEntry>> All(ModelDefinition model)
    {
        var entries = new Dictionary<string, IReadOnlyList<CodeEntry>>(StringComparer.Ordinal);
        if (model.Manifest.Trainer is CodeTrainer { Code: var trainer } && Find(trainer, model.At("trainer", "code")) is { } shape)
        {
            var line = Line(shape, symbols);
            if (WhyNoTrainer(shape) is { } why)
            {
                found.Add(new("MLO8344", $"type '{trainer}' cannot be a trainer") { Where = line ?? model.At("trainer", "code"), Why = why, Mend = $"declare it as public sealed record {trainer[(trainer.LastIndexOf('.') + 1)..]} : TrainerOptions, with options that have defaults" });
            }
            else
            {
                entries[trainer] = Entries(shape, member => member.Name == ".ctor" || member.Name.StartsWith("set_", StringComparison.Ordinal) || (member.IsOverride && !OfRecords.Contains(member.Name)));
            }
        }

        foreach (var type in model.Manifest.Tests ?? [])
        {
            if (Find(type, model.At("tests")) is { } tests)
            {
                Tests(tests, model);
                entries[type] = Entries(tests, member => member.Name == ".ctor" || (member.IsPublic && !OfRecords.Contains(member.Name)));
            }
        }

        return entries;
    }

    private void Tests(CodeShape shape, ModelDefinition model)
    {
        var methods = Chain(shape).SelectMany(type => type.Members).Where(member => member is { IsPublic: true, IsSpecial: false, IsAbstract: false }).Select(member => (Member: member, Shape: TestShape.Of(member))).ToList();
        foreach (var (odd, test) in methods.Where(method => method.Shape is { IsMeant: true, Odd: not null }))
        {
            found.Add(new("MLO8346", $"test '{shape.Name}.{odd.Name}' {test.Odd!.Value.What}")
            {
                Where = symbols.At(odd.Signature.Token) ?? Line(shape, symbols) ?? model.At("tests"),
                Why = test.Odd.Value.Why,
                Mend = "take nothing, and return nothing, Task or ValueTask, where async one of the latter; make what is no test private, or give it a parameter",
            });
        }

        var tests = methods.Where(method => method.Shape.IsTest).ToList();
        var isStatic = tests.All(test => test.Member.IsStatic);
        var why = tests.Count == 0 ? "no public method of it takes nothing and returns nothing"
            : !shape.IsOpen ? "it is not public, or generic"
            : !isStatic && (shape.IsAbstract || !HasConstructor(shape)) ? "its tests need an object, and it has no public constructor without parameters, or is abstract" : null;
        if (why is not null)
        {
            found.Add(new("MLO8345", $"type '{shape.Name}' has no tests that could be run") { Where = Line(shape, symbols) ?? model.At("tests"), Why = why, Mend = "write public void NAME() in a public type, which throws when something is wrong" });
        }
    }

    private string? WhyNoTrainer(CodeShape shape) =>
        !Chain(shape).Any(type => type.Base == typeof(TrainerOptions).FullName) ? $"it does not derive from {typeof(TrainerOptions).FullName}"
        : !shape.IsOpen ? "it is not public, or generic"
        : shape.IsAbstract ? "it is abstract"
        : !HasConstructor(shape) ? "it has no public constructor without parameters" : null;

    private static bool HasConstructor(CodeShape shape) => shape.Members.Any(member => member is { Name: ".ctor", IsPublic: true, Signature.Parameters.Count: 0 });

    private List<CodeEntry> Entries(CodeShape shape, Func<CodeMember, bool> isEntered) =>
        [.. Chain(shape).SelectMany(type => type.Members.Where(member => !member.IsAbstract && isEntered(member)).Select(member => new CodeEntry(type.Name, member.Name))).Distinct()];

    /// <summary>A type, and those of the model's code that it derives from.</summary>
    private IEnumerable<CodeShape> Chain(CodeShape shape)
    {
        for (var type = shape; type is not null; type = type.IsFollowed ? library.Shape(assembly, type.Base) : null)
        {
            yield return type;
        }
    }

    /// <summary>File and line of a type's first member that has any.</summary>
    public static string? Line(CodeShape shape, CodeSymbols symbols) => shape.Members.Select(member => symbols.At(member.Signature.Token)).FirstOrDefault(line => line is not null);

    private CodeShape? Find(string name, string where)
    {
        if (library.Shape(assembly, name) is { } shape)
        {
            return shape;
        }

        var known = library.Shapes(assembly).Select(type => type.Name).Order(StringComparer.Ordinal).ToList();
        found.Add(new("MLO8341", $"there is no type '{name}'")
        {
            Where = where,
            Why = known.Count == 0 ? "the model's C# files have no public type" : $"the model's C# files have {string.Join(", ", known.Take(20))}",
            Mend = Diagnostic.Nearest(name, known) is { } nearest ? $"did you mean '{nearest}'?" : "name a public type as Namespace.Type",
        });
        return null;
    }
}
