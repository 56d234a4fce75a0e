using System.Globalization;

namespace MlOps.Serving.Inferences;

/// <summary>The files that inferences are written to: one after the other, the oldest removed.</summary>
/// <param name="config">How large they may be.</param>
internal sealed class InferenceFiles(InferenceLogConfig config, TimeProvider time) : IDisposable
{
    private const string Prefix = "inferences-", Suffix = ".jsonl";

    private FileStream? _file;

    /// <summary>Appends whole lines; where that fails nothing of them counts, and the next ones get a new file.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        if (_file is null || _file.Length >= config.MostFileBytes)
        {
            Begin();
        }

        try
        {
            _file!.Write(lines);
        }
        catch
        {
            // Half a line may be at its end.
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Begin()
    {
        Dispose();
        Directory.CreateDirectory(config.Folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{time.GetUtcNow():yyyyMMdd'T'HHmmssfff}-{Environment.ProcessId}");
        // The clock may stand still, or have been set back.
        for (var number = 0; _file is null; number++)
        {
            var path = Path.Join(config.Folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{number:D4}{Suffix}"));
            _file = File.Exists(path) ? null : new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }

        Prune();
    }

    /// <summary>Makes room for a file of full size.</summary>
    private void Prune()
    {
        var files = new DirectoryInfo(config.Folder).EnumerateFiles($"{Prefix}*{Suffix}").OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        var total = files.Sum(file => file.Length) + config.MostFileBytes;
        foreach (var file in files.Where(file => file.FullName != Path.GetFullPath(_file!.Name)).TakeWhile(_ => total > config.MostTotalBytes))
        {
            total -= file.Length;
            file.Delete();
        }
    }
}
