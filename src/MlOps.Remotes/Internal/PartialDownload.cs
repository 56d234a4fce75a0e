using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>The bytes of a download that are here, and beside them (<c>.from</c>) where they came from, so that a later process can go on.</summary>
/// <remarks>What cannot be written here is a diagnostic: it must not be taken for trouble with the server.</remarks>
internal sealed class PartialDownload : IAsyncDisposable
{
    private readonly string _beside;
    private readonly Uri _address;
    private readonly FileStream _file;

    public PartialDownload(string file, Uri address)
    {
        (_beside, _address) = (file + ".from", address);
        _file = Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0, FileOptions.Asynchronous);
        });
        Validators = Known();
        if (Resume is null)
        {
            Guarded(() => _file.SetLength(0));
        }

        _file.Position = _file.Length;
    }

    /// <summary>The validators of what the bytes are a part of.</summary>
    public HttpValidators Validators { get; private set; }

    public long Length => _file.Position;

    /// <summary>What <c>If-Range</c> may say: the bytes are the same for a strong tag, or for a date; null if they cannot be gone on with.</summary>
    public string? Resume => _file.Length == 0 ? null
        : Validators.ETag is { } tag ? tag.StartsWith("W/", StringComparison.Ordinal) ? null : tag : Validators.LastModified;

    /// <summary>Begins anew with what the server now has.</summary>
    public void Restart(HttpValidators validators) => Guarded(() =>
    {
        _file.SetLength(0);
        _file.Position = 0;
        Validators = validators;
        AtomicFile.Write(_beside, Encoding.UTF8.GetBytes(CanonicalJson.Compact(new JsonObject
        {
            ["address"] = _address.AbsoluteUri,
            ["etag"] = validators.ETag,
            ["lastModified"] = validators.LastModified,
        })));
    });

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _file.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e));
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>Removes a download with what stands beside it.</summary>
    public static void Remove(string file)
    {
        File.Delete(file);
        File.Delete(file + ".from");
    }

    private HttpValidators Known()
    {
        try
        {
            var beside = JsonNode.Parse(File.ReadAllBytes(_beside));
            return (string?)beside?["address"] == _address.AbsoluteUri ? new((string?)beside["etag"], (string?)beside["lastModified"]) : new(null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || IoFailure.Covers(e))
        {
            return new(null, null);
        }
    }

    private static void Guarded(Action write) => Guarded(() =>
    {
        write();
        return true;
    });

    private static T Guarded<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(IoFailure.Describe(e));
        }
    }
}
