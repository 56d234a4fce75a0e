using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using MlOps.Code;

namespace MlOps.Tests.Code;

/// <summary>C# text to an assembly, with the SDK's compiler and the options that models are compiled with.</summary>
internal static class Compilation
{
    private static readonly Lazy<ImmutableArray<MetadataReference>> Framework = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => Path.GetFileName(file) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name == "Microsoft.CSharp.dll") && Path.GetDirectoryName(file) == Path.GetDirectoryName(typeof(object).Assembly.Location))
            .Select(file => (MetadataReference)MetadataReference.CreateFromFile(file))]);

    private static readonly Lazy<IIncrementalGenerator> Regexes = new(() =>
    {
        var folder = Directory.GetDirectories(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../../packs/Microsoft.NETCore.App.Ref")).Order(StringComparer.Ordinal).Last();
        var assembly = System.Reflection.Assembly.LoadFrom(Path.GetFullPath(Path.Join(folder, "analyzers/dotnet/cs/System.Text.RegularExpressions.Generator.dll")));
        return (IIncrementalGenerator)Activator.CreateInstance(assembly.GetType("System.Text.RegularExpressions.Generator.RegexGenerator", throwOnError: true)!)!;
    });

    /// <summary>Compiles files, by their paths; implicit usings and nullable annotations are on.</summary>
    public static byte[] Compile(IEnumerable<(string Path, string Text)> files, string name = "Models", IEnumerable<MetadataReference>? references = null, bool debug = false)
    {
        var parsing = new CSharpParseOptions(LanguageVersion.CSharp14);
        const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
        Microsoft.CodeAnalysis.Compilation compilation = CSharpCompilation.Create(
            name,
            files.Append(("Usings.cs", Usings)).Select(file => CSharpSyntaxTree.ParseText(SourceText.From(file.Item2, System.Text.Encoding.UTF8), parsing, file.Item1)),
            [.. Framework.Value, .. references ?? []],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, deterministic: true, nullableContextOptions: NullableContextOptions.Enable));
        if (files.Any(file => file.Text.Contains("GeneratedRegex", StringComparison.Ordinal)))
        {
            CSharpGeneratorDriver.Create([Regexes.Value.AsSourceGenerator()], parseOptions: parsing).RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);
        }

        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var result = compilation.Emit(image, debug ? symbols : null, options: new EmitOptions(debugInformationFormat: debug ? DebugInformationFormat.PortablePdb : 0));
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return image.ToArray();
    }

    /// <summary>Compiles one text, in which a line <c>// file: PATH</c> starts another file.</summary>
    public static byte[] Compile(string text) => Compile(Files(text));

    /// <summary>What <c>M.Model.Run</c> does.</summary>
    public static CodeFingerprint FingerprintOf(string text) => FingerprintOf(Compile(text));

    public static CodeFingerprint FingerprintOf(byte[] image)
    {
        using var library = new CodeLibrary([image]);
        return library.Fingerprint([new("M.Model", "Run")]);
    }

    private static List<(string Path, string Text)> Files(string text)
    {
        var files = new List<(string, string)>();
        var parts = text.Split("// file: ");
        if (parts[0].Trim().Length > 0)
        {
            files.Add(("Model.cs", parts[0]));
        }

        foreach (var part in parts.Skip(1))
        {
            var end = part.IndexOf('\n', StringComparison.Ordinal);
            files.Add((part[..end].Trim(), part[end..]));
        }

        return files;
    }
}
