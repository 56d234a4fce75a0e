using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>A package that models' code is written against.</summary>
/// <param name="Name">As NuGet knows it; case does not count.</param>
/// <param name="Version">Exactly this one, in NuGet's normal form.</param>
/// <param name="Line">Where <c>Models.csproj</c> says so.</param>
internal sealed record DeclaredPackage(string Name, string Version, int Line);

/// <summary>The packages that <c>models/Models.csproj</c> declares, read as it stands: editors run its MSBuild logic, the build does not.</summary>
internal static partial class PackageDeclaration
{
    /// <summary>The file, relative to the workspace.</summary>
    public const string File = "models/Models.csproj";

    private const string AsItStands = "the build reads this file as it stands, without MSBuild";

    /// <summary>Those that are not the product's own libraries; none where there is no file.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="observe">Told the file before it is read.</param>
    /// <exception cref="DiagnosticException">The file is no XML, or says what only MSBuild could tell (MLO8360 to MLO8363).</exception>
    public static IReadOnlyList<DeclaredPackage> Read(string root, Action<string> observe)
    {
        observe(File);
        var path = Path.Join(root, File);
        if (!System.IO.File.Exists(path))
        {
            return [];
        }

        var found = new List<Diagnostic>();
        List<XElement> all = [.. Parsed(path).Descendants()];
        foreach (var import in all.Where(element => Is(element, "Import") && element.Attribute("Sdk") is null))
        {
            found.Add(Refused(import, "'Import' cannot be followed", AsItStands, "write the packages' references here; what serves editors alone can stand in models/Directory.Build.props"));
        }

        List<DeclaredPackage> declared = [.. all.Where(element => Is(element, "PackageReference")).Select(reference => Declared(reference, found)).OfType<DeclaredPackage>()];
        foreach (var twice in declared.GroupBy(package => package.Name, StringComparer.OrdinalIgnoreCase).SelectMany(group => group.Skip(1)))
        {
            found.Add(new("MLO8363", $"package '{twice.Name}' is declared twice") { Where = At(twice.Line), Mend = "leave one of them" });
        }

        return found.Count > 0 ? throw new DiagnosticException(found)
            : [.. declared.Where(package => !ProductLibraries.Has(package.Name)).OrderBy(package => package.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>A line of the file, as diagnostics name it.</summary>
    public static string At(int line) => string.Create(CultureInfo.InvariantCulture, $"{File}:{line}");

    private static DeclaredPackage? Declared(XElement reference, List<Diagnostic> found)
    {
        var name = Value(reference, "Include")?.Trim();
        if (reference.AncestorsAndSelf().FirstOrDefault(element => element.Attribute("Condition") is not null || Is(element, "Choose") || Is(element, "Target")) is { } logic)
        {
            found.Add(Refused(reference, $"a reference to a package depends on '{(logic.Attribute("Condition") is null ? logic.Name.LocalName : "Condition")}'", AsItStands, "declare it without conditions"));
        }
        else if (name is null || name.Contains('$', StringComparison.Ordinal) || name.Contains(';', StringComparison.Ordinal) || Value(reference, "VersionOverride") is not null)
        {
            found.Add(Refused(reference, "a reference to a package has no plain form", AsItStands, "write <PackageReference Include=\"NAME\" Version=\"1.2.3\" />, one for each"));
        }
        else if (Value(reference, "Version")?.Trim() is not { Length: > 0 } version)
        {
            return ProductLibraries.Has(name) ? new(name, "", LineOf(reference)) : Missing(reference, name, found);
        }
        else if (Exact().Match(version) is { Success: true } exact)
        {
            return new(name, Normal(exact), LineOf(reference));
        }
        else
        {
            found.Add(new("MLO8361", $"'{version}' is no exact version of package '{name}'")
            {
                Where = At(LineOf(reference)),
                Why = version.Contains('$', StringComparison.Ordinal) ? AsItStands : "with a range or '*', the same sources would give other models another day",
                Mend = "name one version: Version=\"1.2.3\"",
            });
        }

        return null;
    }

    private static DeclaredPackage? Missing(XElement reference, string name, List<Diagnostic> found)
    {
        found.Add(new("MLO8361", $"package '{name}' has no version")
        {
            Where = At(LineOf(reference)),
            Why = "the same sources must give the same models another day; central versions (Directory.Packages.props) are not read",
            Mend = "name one version: Version=\"1.2.3\"",
        });
        return null;
    }

    private static XDocument Parsed(string path)
    {
        try
        {
            // No document type: nothing outside of the file is read, and nothing in it multiplies.
            using var reader = XmlReader.Create(path, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XDocument.Load(reader, LoadOptions.SetLineInfo);
        }
        catch (XmlException malformed)
        {
            throw new DiagnosticException(new Diagnostic("MLO8360", "the project of the models' code is no XML")
            {
                Where = At(Math.Max(1, malformed.LineNumber)),
                Why = malformed.Message,
                Mend = "mend the file, or remove it if the code needs no package",
            });
        }
    }

    private static Diagnostic Refused(XElement element, string what, string why, string mend) => new("MLO8362", what) { Where = At(LineOf(element)), Why = why, Mend = mend };

    // With and without the namespace that projects had before SDKs.
    private static bool Is(XElement element, string name) => element.Name.LocalName == name;

    private static string? Value(XElement reference, string name) => (string?)reference.Attribute(name) ?? (string?)reference.Elements().FirstOrDefault(element => Is(element, name));

    private static int LineOf(XElement element) => ((IXmlLineInfo)element).LineNumber;

    /// <summary>As NuGet writes it: three numbers, the fourth where it is not 0, no build metadata.</summary>
    private static string Normal(Match version)
    {
        List<string> numbers = [.. version.Groups["number"].Captures.Select(number => number.Value.TrimStart('0') is { Length: > 0 } digits ? digits : "0")];
        numbers.AddRange(Enumerable.Repeat("0", Math.Max(0, 3 - numbers.Count)));
        return string.Join('.', numbers is [.., "0"] ? numbers.Take(3) : numbers) + version.Groups["label"].Value;
    }

    [GeneratedRegex(@"^(?:\[\s*)?(?<number>\d+)(?:\.(?<number>\d+)){0,3}(?<label>-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?(?:\s*\])?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Exact();
}
