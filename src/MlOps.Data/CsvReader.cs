using MlOps.Content;
using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>Reads CSV as RFC 4180 describes it into a typed <see cref="Frame"/>.</summary>
public static class CsvReader
{
    /// <summary>Reads a table from bytes.</summary>
    public static Frame Read(byte[] content, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        using var stream = new MemoryStream(content, writable: false);
        return Read(stream, options, cancellation);
    }

    /// <summary>Reads a table from a stream that can seek, from its position on; large files stay on disk but for a chunk.</summary>
    /// <exception cref="DiagnosticException">The content is not such a table; it carries all that is wrong with it.</exception>
    public static Frame Read(Stream content, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        return new CsvParser(content, options.Path ?? "data.csv", options, cancellation).Read();
    }

    /// <summary>Reads a table from a file.</summary>
    public static Frame ReadFile(string path, CsvOptions? options = null, CancellationToken cancellation = default)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Read(stream, (options ?? new()) with { Path = options?.Path ?? path }, cancellation);
    }
}
