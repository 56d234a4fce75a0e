using System.Text.RegularExpressions;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>What NuGet says of a restore, as diagnostics: https://learn.microsoft.com/nuget/reference/errors-and-warnings.</summary>
/// <param name="root">The workspace.</param>
/// <param name="declared">The packages that were asked for.</param>
internal sealed partial class RestoreMessages(string root, IReadOnlyList<DeclaredPackage> declared)
{
    // NuGet only warns of it, but an assembly for another framework is no success.
    private const string OtherFramework = "NU1701";

    /// <summary>Empty if all went well.</summary>
    /// <param name="output">What the SDK printed.</param>
    /// <param name="exit">How it ended.</param>
    /// <param name="isLocked">Whether the lock was to be obeyed.</param>
    public List<Diagnostic> Read(string output, int exit, bool isLocked)
    {
        var messages = Message().Matches(output).Select(match => (Code: match.Groups["code"].Value, IsError: match.Groups["severity"].Value == "error", Text: match.Groups["text"].Value.Trim()))
            .Where(message => message.IsError || message.Code == OtherFramework).ToList();
        var found = messages.GroupBy(message => message.Code, StringComparer.Ordinal).SelectMany(group => Split(group.Key, [.. group.Select(message => message.Text).Where(text => text.Length > 0)]))
            .Select(message => Diagnostic(message.Code, message.Text)).Distinct().ToList();
        return exit == 0 || found.Count > 0 ? found : [new("MLO8370", "the packages of the models' code cannot be resolved")
        {
            Where = PackageDeclaration.File,
            Why = output.Trim() is { Length: > 0 } said ? said : $"dotnet restore ended with exit code {exit}{(isLocked ? " in locked mode" : "")}",
            Mend = "mend what it names",
        }];
    }

    /// <summary>NuGet's lines of one message all have its code; each of these begins another.</summary>
    private static IEnumerable<(string Code, string Text)> Split(string code, IReadOnlyList<string> lines)
    {
        var text = new List<string>();
        foreach (var line in lines)
        {
            if (text.Count > 0 && Beginning().IsMatch(line))
            {
                yield return (code, string.Join("; ", text));
                text.Clear();
            }

            text.Add(line.TrimStart('-', ' '));
        }

        yield return (code, string.Join("; ", text));
    }

    private Diagnostic Diagnostic(string code, string text)
    {
        // The longest name that is told: 'A.B' is not about 'A'.
        var package = declared.Where(package => Regex.IsMatch(text, $@"(?<![\w.-]){Regex.Escape(package.Name)}(?![\w-]|\.[A-Za-z])", RegexOptions.IgnoreCase)).MaxBy(package => package.Name.Length);
        var where = package is null ? PackageDeclaration.File : PackageDeclaration.At(package.Line);
        var why = $"{text.Replace(root + "/", "", StringComparison.Ordinal).TrimEnd('.')} ({code})";
        if (code == "NU1403" && Pinned().Match(text) is { Success: true } differs)
        {
            return PackageLock.Differs(differs.Groups["name"].Value, differs.Groups["version"].Value);
        }

        return code switch
        {
            "NU1101" or "NU1102" or "NU1103" => package is not null ? Absent(package, why)
                : new("MLO8364", "a package that is needed does not exist") { Where = where, Why = why, Mend = "take another version of the package that needs it, or add a source to models/NuGet.config" },
            "NU1301" or "NU1302" or "NU1303" or "NU1801" => new("MLO8365", "a source of packages does not answer")
            {
                Where = where, Why = why, Mend = "go online, or mend the sources in models/NuGet.config; what the global packages folder has needs no source",
            },
            "NU1202" or "NU1213" or OtherFramework => Unfit(package?.Name ?? "a package", where, why),
            "NU1403" => new("MLO8367", "a package is not the one that the lock pins") { Where = ModelPackages.Lock, Why = why, Mend = "find out why its bytes differ" },
            "NU1004" or "NU1009" => new("MLO8368", "the lock does not fit the declared packages")
            {
                Where = ModelPackages.Lock, Why = why, Mend = $"git checkout {ModelPackages.Lock}; or remove it, and it is written anew",
            },
            _ => new("MLO8370", "the packages of the models' code cannot be resolved") { Where = where, Why = why, Mend = $"see https://learn.microsoft.com/nuget/reference/errors-and-warnings/{code.ToLowerInvariant()}" },
        };
    }

    /// <summary>A package cannot be had as it is declared.</summary>
    public static Diagnostic Absent(DeclaredPackage package, string why) => new("MLO8364", $"there is no package {package.Name} {package.Version}")
    {
        Where = PackageDeclaration.At(package.Line), Why = why, Mend = "name a version that a source has; models/NuGet.config says which sources are asked",
    };

    /// <summary>A package has nothing that could be called.</summary>
    public static Diagnostic Unfit(string name, string where, string why) => new("MLO8366", $"package '{name}' has no assembly for {PackageRestore.Framework}")
    {
        Where = where,
        Why = why,
        Mend = "take a package or a version that has; what serves editors alone (analyzers) can stand in models/Directory.Build.props",
    };

    [GeneratedRegex(@"(?<severity>error|warning) (?<code>(?:NU|MSB|NETSDK)\d+): (?<text>.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Message();

    [GeneratedRegex(@"^(Unable to|Package |Detected |Version conflict|Cycle |The packages lock|The project|Dependency |Failed to|Warning As Error)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Beginning();

    [GeneratedRegex(@"for (?<name>.+?)\.(?<version>\d+\.\d+[^ ]*)\. ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pinned();
}
