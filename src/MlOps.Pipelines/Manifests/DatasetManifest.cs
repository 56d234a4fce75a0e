using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Pipelines.Manifests;

/// <summary>What a dataset is taken for.</summary>
public enum DatasetFormat
{
    /// <summary>A CSV file: a table that models can be trained on.</summary>
    Csv,

    /// <summary>Any file or directory: pinned, and read by run steps only.</summary>
    Files,
}

/// <summary>A named input, pinned in the lock.</summary>
public sealed record DatasetManifest
{
    /// <summary>A file or a directory, relative to the workspace's root, inside it; or a file that a run step writes.</summary>
    public required string Path { get; init; }

    /// <summary>What it is taken for: <c>csv</c> is a table, <c>files</c> is any file or directory, pinned only. Default: csv where the path ends with .csv, else files.</summary>
    public DatasetFormat? Format { get; init; }

    /// <summary>Where its bytes come from when they are missing here, and where <c>Import --update</c> asks for newer ones.</summary>
    public SourceManifest? Source { get; init; }

    /// <summary>Whether the store keeps its bytes, so that older ones come back and <c>Push</c> carries them; false only pins them. Default: true where git does not carry them (it has a source, git does not know it, or it is over 10 MB).</summary>
    public bool? Store { get; init; }

    /// <summary>What every version of the data must keep; a breach fails the build with row numbers and values. Tables only.</summary>
    public DataContract? Contract { get; init; }

    /// <summary>Whether it is a table.</summary>
    [JsonIgnore]
    public bool IsTable => (Format ?? (Path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? DatasetFormat.Csv : DatasetFormat.Files)) == DatasetFormat.Csv;
}

/// <summary>Where a dataset's bytes come from; a plain text stands for its <c>url</c>.</summary>
[JsonShorthand("url")]
public sealed record SourceManifest
{
    /// <summary>An address of https, or of http, without credentials: these are read from ~/.netrc.</summary>
#pragma warning disable CA1056 // Checked with the rest of the manifest, so that all faults are told at once.
    public required string Url { get; init; }
#pragma warning restore CA1056

    /// <summary>The sha256 of what the address gives, 64 hex digits; anything else is refused.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The member of the zip file that the address gives: its whole name.</summary>
    public string? Member { get; init; }

    /// <summary>Whether what the address gives is unpacked: a gzip file to the file that it holds, a zip file to a directory of all its members. Default: true where the address ends with .gz (not .tar.gz) or .zip and the path does not.</summary>
    public bool? Unpack { get; init; }

    /// <summary>The most bytes that may come out of an archive; default 200 times its length, or 1 GiB if that is more.</summary>
    public long? UnpackedBytes { get; init; }
}
