using System.Text.Json;

namespace MlOps.Code;

/// <summary>The .NET SDKs beside the runtime that this process runs on, and which of them a <c>global.json</c> chooses: found by their folders' names, without starting one.</summary>
/// <remarks>https://learn.microsoft.com/dotnet/core/tools/global-json, as far as <c>"rollForward": "latestFeature"</c> goes: the newest of the same major and minor version that is not older than the one named.</remarks>
public static class InstalledSdk
{
    /// <summary>Where they lie, each in a folder of its version's name.</summary>
    public static string Folder => Path.Join(CSharpCompiler.Root, "sdk");

    /// <summary>The version that <c>dotnet</c> takes in a folder whose <c>global.json</c> says so; null if none fits. Without that file it is the newest.</summary>
    /// <param name="folder">The folder; those above it are not looked at.</param>
    /// <param name="installed">Where SDKs lie; null for <see cref="Folder"/>.</param>
    public static string? ChosenIn(string folder, string? installed = null)
    {
        var all = installed ?? Folder;
        return !Directory.Exists(all) ? null
            : Directory.EnumerateDirectories(all).Where(sdk => File.Exists(Path.Join(sdk, "dotnet.dll"))).Select(sdk => SdkVersion.TryParse(Path.GetFileName(sdk))).OfType<SdkVersion>()
                .Where(sdk => Wanted(Path.Join(folder, "global.json")) is not { } wanted || (sdk.Number.Major == wanted.Number.Major && sdk.Number.Minor == wanted.Number.Minor && sdk.CompareTo(wanted) >= 0))
                .Max()?.Text;
    }

    private static SdkVersion? Wanted(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        using var json = JsonDocument.Parse(File.ReadAllBytes(file), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return json.RootElement.TryGetProperty("sdk", out var sdk) && sdk.TryGetProperty("version", out var version) ? SdkVersion.TryParse(version.GetString()!) : null;
    }

    /// <summary>A version such as <c>10.0.401</c> or <c>10.0.100-rc.2.25502.107</c>.</summary>
    private sealed record SdkVersion(string Text, Version Number, string Label) : IComparable<SdkVersion>
    {
        public static SdkVersion? TryParse(string text) =>
            text.Split('-', 2) is var parts && Version.TryParse(parts[0], out var number) && number.Build >= 0 ? new(text, number, parts is [_, var label] ? label : "") : null;

        /// <summary>A preview stands before its release, and numbers in labels count as numbers.</summary>
        public int CompareTo(SdkVersion? other) => other is null ? 1
            : Number.CompareTo(other.Number) is var byNumber and not 0 ? byNumber
            : string.CompareOrdinal(Rank, other.Rank);

        private string Rank => Label.Length == 0 ? "~" : string.Join('.', Label.Split('.').Select(part => part.All(char.IsAsciiDigit) ? part.PadLeft(10, '0') : part));
    }
}
