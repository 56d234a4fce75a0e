using System.Text.Json.Serialization;

namespace MlOps.Serving.Inferences;

/// <summary>What of the requests is kept, and where: the member <c>log</c> of <c>service.json</c>. Without it nothing is.</summary>
internal sealed record InferenceLogConfig
{
    /// <summary>The folder of the files, made where it is missing; several services may share one.</summary>
    public required string Folder { get; init; }

    /// <summary>The share of requests that is kept, 0 to 1; all where absent. It follows from the request's id: two services keep the same.</summary>
    public double? Sample { get; init; }

    /// <summary>The bytes after which a new file begins, at least 4096; 64 MiB where absent.</summary>
    public long? FileBytes { get; init; }

    /// <summary>The bytes of all files; the oldest go. At least twice <see cref="FileBytes"/>; 1 GiB where absent.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Columns that are never written, of whatever model. One that no model takes is an error: it may be misspelt.</summary>
    public IReadOnlyList<string>? Never { get; init; }

    [JsonIgnore]
    public long MostFileBytes => FileBytes ?? 64L << 20;

    [JsonIgnore]
    public long MostTotalBytes => TotalBytes ?? Math.Max(1L << 30, 2 * MostFileBytes);

    /// <summary>What cannot be; null where all can.</summary>
    public string? Problem() =>
        Folder.Length == 0 ? "log.folder is empty"
        : Sample is < 0 or > 1 ? "log.sample is not within 0 and 1"
        : FileBytes < 4096 ? "log.fileBytes is not at least 4096"
        : TotalBytes < 2 * MostFileBytes ? FormattableString.Invariant($"log.totalBytes is not at least {2 * MostFileBytes}, twice log.fileBytes")
        : null;
}
