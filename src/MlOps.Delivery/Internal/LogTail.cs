namespace MlOps.Delivery.Internal;

/// <summary>The last lines of a log.</summary>
internal static class LogTail
{
    private const int Lines = 15;
    private const int Bytes = 16 << 10;

    /// <summary>Indented to stand in a diagnostic; empty where there is no log.</summary>
    public static string Of(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, Bytes), SeekOrigin.End);
            using var reader = new StreamReader(file);
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return string.Join('\n', lines.TakeLast(Lines).Select(line => "         " + line.TrimEnd('\r')));
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }
}
