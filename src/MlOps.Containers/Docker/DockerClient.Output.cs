using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using MlOps.Containers.Docker.Internal;
using MlOps.Content;

namespace MlOps.Containers.Docker;

/// <summary>What containers print and use.</summary>
public sealed partial class DockerClient
{
    private const int LongestLine = 64 * 1024, HeaderBytes = 8;

    /// <summary>What a container's process printed, in lines; a line of more than 64 KiB comes in parts.</summary>
    /// <param name="container">Its name or ID.</param>
    /// <param name="options">Which of it.</param>
    /// <param name="cancellationToken">Ends it; leaving the loop does as well.</param>
    public async IAsyncEnumerable<LogLine> LogsAsync(string container, LogOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = $"/containers/{EngineRequest.Name(container)}/logs?stdout=true&stderr=true&follow={(options.Follow ? "true" : "false")}"
            + (options.Tail is { } tail ? string.Create(CultureInfo.InvariantCulture, $"&tail={tail}") : "")
            + (options.Since is { } since ? $"&since={Seconds(since)}" : "");
        var request = Ask(HttpMethod.Get, path, $"read the log of container {container}") with { IsLive = options.Follow };
        await using var answer = await _http.SendAsync(request, cancellationToken);
        var lines = new Dictionary<LogSource, ArrayBufferWriter<byte>> { [LogSource.Output] = new(), [LogSource.Error] = new() };
        var (header, block) = (new byte[HeaderBytes], new byte[16 * 1024]);
        while (await answer.FillAsync(header, cancellationToken))
        {
            // A byte for the source, three of zero, four of length; 0 is standard input, which engines write as output.
            if (header is not [<= 2, 0, 0, 0, ..])
            {
                throw request.Errand.NotUnderstood("its log has no frames: the container has a terminal, or something else answers");
            }

            var source = header[0] == 2 ? LogSource.Error : LogSource.Output;
            for (var left = (long)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)); left > 0;)
            {
                var read = await answer.ReadAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
                left -= read > 0 ? read : throw request.Errand.Truncated("the log ends in the middle");
                foreach (var text in LinesOf(lines[source], block.AsMemory(0, read)))
                {
                    yield return new(source, text);
                }
            }
        }

        foreach (var (source, rest) in lines.Where(line => line.Value.WrittenCount > 0))
        {
            yield return new(source, Encoding.UTF8.GetString(rest.WrittenSpan));
        }
    }

    /// <summary>What a container uses now; null if it does not run or is not there.</summary>
    public async Task<ContainerStats?> StatsAsync(string container, CancellationToken cancellationToken) =>
        (await FindAsync($"/containers/{EngineRequest.Name(container)}/stats?stream=false&one-shot=true", $"measure container {container}", DockerJson.Default.StatsAnswer, cancellationToken))?.ToStats();

    private static IEnumerable<string> LinesOf(ArrayBufferWriter<byte> line, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            var part = bytes[..Math.Min(end < 0 ? bytes.Length : end, LongestLine - line.WrittenCount)];
            line.Write(part.Span);
            bytes = bytes[part.Length..];
            var ended = !bytes.IsEmpty && bytes.Span[0] == (byte)'\n';
            if (ended || line.WrittenCount == LongestLine)
            {
                yield return Encoding.UTF8.GetString(line.WrittenSpan);
                line.ResetWrittenCount();
            }

            bytes = ended ? bytes[1..] : bytes;
        }
    }

    // As engines read it: seconds since 1970 with a fraction.
    private static string Seconds(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeSeconds()}.{(time.UtcTicks % TimeSpan.TicksPerSecond) * 100:D9}");
}

/// <summary>Which part of a log.</summary>
public sealed record LogOptions
{
    /// <summary>Whether to wait for what is still to be printed, until the process ends.</summary>
    public bool Follow { get; init; }

    /// <summary>How many lines, counted from the end; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Only what was printed from then on; null for all.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>A line that a container's process printed, without its end.</summary>
/// <param name="Source">Where to.</param>
/// <param name="Text">What; bytes that are no UTF-8 are replaced.</param>
public readonly record struct LogLine(LogSource Source, string Text);

/// <summary>Where a process prints to.</summary>
public enum LogSource
{
    /// <summary>Standard output.</summary>
    Output,

    /// <summary>Standard error.</summary>
    Error,
}

/// <summary>What a container used at one time.</summary>
/// <param name="Time">When.</param>
/// <param name="ProcessorTime">The processor time of all its processes since it started.</param>
/// <param name="MemoryBytes">Its memory, without the file cache that can be given up at once.</param>
/// <param name="MemoryLimitBytes">The most that it may have.</param>
/// <param name="Processes">How many processes and threads it has.</param>
/// <param name="ReceivedBytes">What came in over its networks.</param>
/// <param name="SentBytes">What went out.</param>
public sealed record ContainerStats(DateTimeOffset Time, TimeSpan ProcessorTime, long MemoryBytes, long MemoryLimitBytes, long Processes, long ReceivedBytes, long SentBytes)
{
    /// <summary>How many processors it kept busy on average since an earlier time; 0 if no time passed.</summary>
    public double ProcessorsSince(ContainerStats earlier) =>
        Time > earlier.Time ? (ProcessorTime - earlier.ProcessorTime) / (Time - earlier.Time) : 0;
}
