using MlOps.Content.Internal;

namespace MlOps.Content;

/// <summary>Standard output and standard error as bytes, without the console of the framework, which takes as long to load as a short command to run.</summary>
public static class ConsoleBytes
{
    /// <summary>The number of standard output.</summary>
    public const int Output = 1;

    /// <summary>The number of standard error.</summary>
    public const int Error = 2;

    /// <summary>Writes all bytes. A reader that has gone (<c>| head</c>) is no failure: there is nobody to tell.</summary>
    /// <param name="stream"><see cref="Output"/> or <see cref="Error"/>.</param>
    /// <param name="bytes">What to write.</param>
    /// <exception cref="IOException">It cannot be written, for instance because the disk that it leads to is full.</exception>
    public static void Write(int stream, ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            using var console = stream == Output ? Console.OpenStandardOutput() : Console.OpenStandardError();
            console.Write(bytes);
            return;
        }

        Posix.WriteAll(stream, bytes);
    }
}
