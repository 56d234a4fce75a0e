using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Code;

/// <summary>C# files as one assembly.</summary>
/// <param name="Image">Its bytes: deterministic, optimised.</param>
/// <param name="Symbols">Where its methods stand in the files: a portable PDB.</param>
/// <param name="Warnings">What the compiler thinks of them (MLO8302).</param>
public sealed record CompiledCode(byte[] Image, byte[] Symbols, IReadOnlyList<Diagnostic> Warnings);

/// <summary>Calls the SDK's C# compiler itself, without MSBuild.</summary>
/// <remarks>The same files, references and options give the same bytes with one compiler; what code means (<see cref="CodeFingerprint"/>) does not depend on which it
/// was, as long as it writes the same instructions.</remarks>
public sealed partial class CSharpCompiler
{
    // As the SDK does for projects with ImplicitUsings.
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;

        """;

    /// <summary>What stands in the symbols in place of the root.</summary>
    internal const string MappedRoot = "/_/";

    private readonly string _dotnet;
    private readonly string _compiler;
    private readonly string _framework;

    private CSharpCompiler(string dotnet, string compiler, string framework) => (_dotnet, _compiler, _framework) = (dotnet, compiler, framework);

    /// <summary>What differs between compilers: the SDK's and the framework's versions.</summary>
    public string Version => $"{Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(_compiler))))} {Path.GetFileName(_framework)}";

    /// <summary>The program <c>dotnet</c> of the runtime that this process runs on.</summary>
    public static string DotNet => Path.Join(Root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    // ROOT/shared/Microsoft.NETCore.App/VERSION
    internal static string Root => Path.GetFullPath(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "..", "..", ".."));

    /// <summary>The compiler of the newest SDK beside the runtime that this process runs on, with reference assemblies of the same framework.</summary>
    /// <exception cref="DiagnosticException">There is none (MLO8300).</exception>
    public static CSharpCompiler Find()
    {
        var root = Root;
        var major = Environment.Version.Major;
        var compiler = Newest(Path.Join(root, "sdk"), folder => File.Exists(CompilerIn(folder)));
        var framework = Newest(Path.Join(root, "packs", "Microsoft.NETCore.App.Ref"), folder => VersionOf(folder).Major == major);
        return compiler is not null && framework is not null
            ? new(DotNet, CompilerIn(compiler), framework)
            : throw new DiagnosticException(new Diagnostic("MLO8300", "there is no C# compiler for the models' code")
            {
                Where = root,
                Why = compiler is null ? "no SDK is installed beside the runtime" : $"the reference assemblies of .NET {major} are missing beside the SDK",
                Mend = "install the .NET SDK (https://dotnet.microsoft.com/download); the runtime alone does not compile",
            });
    }

    /// <summary>Compiles files to a library.</summary>
    /// <param name="name">The assembly's simple name.</param>
    /// <param name="root">The folder that diagnostics' places are relative to; it leaves no trace in the result.</param>
    /// <param name="files">Relative to the root.</param>
    /// <param name="references">Assemblies beside the framework's.</param>
    /// <param name="cancellationToken">Ends the compiler.</param>
    /// <exception cref="DiagnosticException">The code does not compile (MLO8301 for each error), or its path cannot be handed to the compiler (MLO8303).</exception>
    public async Task<CompiledCode> CompileAsync(string name, string root, IEnumerable<string> files, IEnumerable<string> references, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-compile-").FullName;
        try
        {
            var (image, symbols, usings, arguments) = (Path.Join(folder, name + ".dll"), Path.Join(folder, name + ".pdb"), Path.Join(folder, "Usings.cs"), Path.Join(folder, "arguments.rsp"));
            List<string> sources = [.. files.Order(StringComparer.Ordinal).Select(file => Speakable(file, Path.Join(root, file)))];
            await File.WriteAllTextAsync(usings, Usings, cancellationToken);
            await File.WriteAllLinesAsync(arguments, Arguments(image, symbols, root, folder, references, await GeneratorsAsync(sources, cancellationToken))
                .Concat(sources.Append(usings).Select(Quoted)), cancellationToken);
            var (exit, output) = await RunAsync(root, arguments, cancellationToken);
            var messages = Read(output, root);
            return exit == 0
                ? new(await File.ReadAllBytesAsync(image, cancellationToken), await File.ReadAllBytesAsync(symbols, cancellationToken), messages)
                : throw new DiagnosticException([.. messages.Where(message => message.Severity == Severity.Error).DefaultIfEmpty(new("MLO8301", "the compiler failed") { Why = output.Trim() })]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private IEnumerable<string> Arguments(string image, string symbols, string root, string folder, IEnumerable<string> references, IEnumerable<string> generators)
    {
        yield return "-nologo -nostdlib+ -target:library -optimize+ -deterministic+ -debug:portable -embed -nullable:enable -langversion:latest -unsafe+ -utf8output -preferreduilang:en -nowarn:1701;1702";
        yield return Quoted($"-out:{image}");
        yield return Quoted($"-pdb:{symbols}");
        yield return Quoted($"-pathmap:{Doubled(root)}=/_,{Doubled(folder)}=/_");
        foreach (var reference in Directory.EnumerateFiles(Path.Join(_framework, "ref"), "*.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Concat(references))
        {
            yield return Quoted($"-r:{Referable(reference, folder)}");
        }

        foreach (var generator in generators)
        {
            yield return Quoted($"-analyzer:{generator}");
        }
    }

    /// <summary>The framework's source generators whose attributes some file names; loading them costs time.</summary>
    private async Task<List<string>> GeneratorsAsync(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        (string Attribute, string Assembly)[] known =
        [
            ("GeneratedRegex", "System.Text.RegularExpressions.Generator"),
            ("JsonSerializable", "System.Text.Json.SourceGeneration"),
            ("LibraryImport", "Microsoft.Interop.LibraryImportGenerator"),
        ];
        var text = new StringBuilder();
        foreach (var source in sources)
        {
            text.Append(await File.ReadAllTextAsync(source, cancellationToken));
        }

        var all = text.ToString();
        return [.. known.Where(generator => all.Contains(generator.Attribute, StringComparison.Ordinal))
            .SelectMany(generator => generator.Assembly.StartsWith("Microsoft.Interop", StringComparison.Ordinal) ? [generator.Assembly, "Microsoft.Interop.SourceGeneration"] : new[] { generator.Assembly })
            .Select(assembly => Path.Join(_framework, "analyzers", "dotnet", "cs", assembly + ".dll"))];
    }

    private async Task<(int Exit, string Output)> RunAsync(string root, string arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(_dotnet, ["exec", _compiler, "-noconfig", $"@{arguments}"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        })!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static List<Diagnostic> Read(string output, string root) => [.. Message().Matches(output).Select(match => new Diagnostic(
        match.Groups["severity"].Value == "error" ? "MLO8301" : "MLO8302", $"{match.Groups["text"].Value.Trim().TrimEnd('.')} ({match.Groups["code"].Value})")
    {
        Severity = match.Groups["severity"].Value == "error" ? Severity.Error : Severity.Warning,
        Where = match.Groups["file"] is { Success: true } file ? $"{Relative(file.Value, root)}:{match.Groups["line"].Value}:{match.Groups["column"].Value}" : null,
        Mend = $"see https://learn.microsoft.com/dotnet/csharp/misc/{match.Groups["code"].Value.ToLower(CultureInfo.InvariantCulture)}",
    }).Distinct()];

    private static string Relative(string file, string root) =>
        file.StartsWith(MappedRoot, StringComparison.Ordinal) ? file[MappedRoot.Length..] : Path.GetRelativePath(root, Path.Join(root, file)) is var relative && Path.IsPathRooted(file) ? Path.GetRelativePath(root, file) : relative;

    /// <summary>Refuses a path that the compiler would read as the end of an argument, or as a pattern.</summary>
    private static string Speakable(string shown, string path) => path.AsSpan().IndexOfAny("\"\r\n*?") < 0 ? path
        : throw new DiagnosticException(new Diagnostic("MLO8303", "the C# compiler cannot be told of the file")
        {
            Where = shown.ReplaceLineEndings("\\n"),
            Why = "its path has a quote, a line end, '*' or '?', which arguments of the compiler cannot have",
            Mend = "rename the file, or the folder that it stands in",
        });

    /// <summary>A reference's path; that of a copy where the compiler would take it apart.</summary>
    private static string Referable(string reference, string folder)
    {
        if (Speakable(reference, reference).AsSpan().IndexOfAny(",;=") < 0)
        {
            return reference;
        }

        var copy = Path.Join(Directory.CreateDirectory(Path.Join(folder, Path.GetRandomFileName())).FullName, Path.GetFileName(reference));
        File.Copy(reference, copy);
        return copy;
    }

    private static string Doubled(string path) => path.Replace(",", ",,", StringComparison.Ordinal).Replace("=", "==", StringComparison.Ordinal);

    private static string Quoted(string argument) => $"\"{argument}\"";

    private static string CompilerIn(string sdk) => Path.Join(sdk, "Roslyn", "bincore", "csc.dll");

    private static string? Newest(string folder, Func<string, bool> fits) => !Directory.Exists(folder) ? null
        : Directory.EnumerateDirectories(folder).Where(fits).MaxBy(VersionOf);

    private static Version VersionOf(string folder) => System.Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new();

    [GeneratedRegex(@"^(?:(?<file>.+?)\((?<line>\d+),(?<column>\d+)\): )?(?<severity>error|warning) (?<code>[A-Z]+\d+): (?<text>.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Message();
}
