using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;
using MlOps.Containers.Internal;
using MlOps.Content;

namespace MlOps.Containers;

/// <summary>Uploads in parts, gone on with after a broken connection.</summary>
/// <remarks>Registries of the docker 2.x line cannot say how far a part came that broke in its middle: they forget the upload, and it starts anew.</remarks>
public sealed partial class Repository
{
    private async Task<bool> PutWholeAsync(Upload upload, CancellationToken cancellationToken)
    {
        var (location, _) = await StartUploadAsync(upload.Doing, cancellationToken);
        await CommitAsync(location, upload.Digest, upload.Doing, guard => new FilePart(upload.File, 0, upload.Length, guard, upload.Progress), cancellationToken);
        return true;
    }

    /// <summary>Stores a file part by part, going on where an earlier try broke; false if the registry takes no parts.</summary>
    private async Task<bool> TryPutPartsAsync(Upload upload, CancellationToken cancellationToken)
    {
        try
        {
            if (upload.Location is not null)
            {
                await FindOffsetAsync(upload, cancellationToken);
            }

            if (upload.Location is null)
            {
                (upload.Location, var least) = await StartUploadAsync(upload.Doing, cancellationToken);
                upload.PartBytes = Math.Max(least, Options.ChunkBytes);
            }

            while (upload.Offset < upload.Length)
            {
                if (!await TryPutPartAsync(upload, cancellationToken))
                {
                    return upload.InParts = false;
                }
            }

            await CommitAsync(upload.Location, upload.Digest, upload.Doing, NoBody, cancellationToken);
            return true;
        }
        catch (DiagnosticException failure) when (upload.Resumed && failure.Diagnostics[0].Code == OtherBytes)
        {
            // Where the parts met, a byte was lost or doubled; a whole upload tells whether it was that.
            return upload.InParts = false;
        }
    }

    private async Task<bool> TryPutPartAsync(Upload upload, CancellationToken cancellationToken)
    {
        var (start, end) = (upload.Offset, Math.Min(upload.Offset + upload.PartBytes, upload.Length));
        var request = new RegistryRequest(HttpMethod.Patch, upload.Location!, new(Reference.ToString(), upload.Doing))
        {
            Scope = _push,
            Body = guard =>
            {
                var part = new FilePart(upload.File, start, end - start, guard, upload.Progress);
                part.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{start}-{end - 1}"));
                return part;
            },
        };
        using var response = await _http.SendAsync(request, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.Accepted:
                upload.Location = LocationOf(response, request);
                upload.Came(EndOf(response) ?? end);
                return upload.Offset > start && upload.Offset <= end ? true : throw request.Errand.NotUnderstood($"of a part up to byte {end} the registry says that it has {upload.Offset}");
            case HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable:
                throw Forgotten(request.Errand);
            default:
                return start == 0 && (int)response.StatusCode < 500 ? false : throw await _http.UnexpectedAsync(response, request, cancellationToken);
        }
    }

    /// <summary>Asks how many bytes of a broken upload the registry has; one that cannot say has the upload started anew.</summary>
    private async Task FindOffsetAsync(Upload upload, CancellationToken cancellationToken)
    {
        var request = new RegistryRequest(HttpMethod.Get, upload.Location!, new(Reference.ToString(), upload.Doing)) { Scope = _push };
        using var response = await _http.SendAsync(request, cancellationToken);

        // "0-0" is one byte, and with some registries none.
        if (response.IsSuccessStatusCode && EndOf(response) is { } end and > 1 && end <= upload.Length)
        {
            upload.Location = response.Headers.Location is null ? upload.Location : LocationOf(response, request);
            upload.GoOnFrom(end);
        }
        else
        {
            upload.StartAnew();
        }
    }

    /// <summary>The number of bytes that a registry says it has: <c>Range: 0-LAST</c>.</summary>
    private static long? EndOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Range", out var values) && values.ToString() is var text
        && long.TryParse(text.AsSpan(text.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last + 1 : null;

    /// <summary>An upload of a file, from its first byte to the commit, over all tries.</summary>
    private sealed record Upload(Digest Digest, SafeFileHandle File, long Length, IProgress<long>? Progress)
    {
        public string Doing => $"store blob {Digest}";

        /// <summary>Whether the registry takes parts, as far as one knows.</summary>
        public bool InParts { get; set; }

        /// <summary>Where the next part goes; null when an upload is to be started.</summary>
        public Uri? Location { get; set; }

        /// <summary>How many bytes the registry has.</summary>
        public long Offset { get; private set; }

        /// <summary>The most bytes that the registry ever had.</summary>
        public long Furthest { get; private set; }

        /// <summary>The length of a part.</summary>
        public long PartBytes { get; set; }

        /// <summary>Whether a part broke, and the upload went on all the same.</summary>
        public bool Resumed { get; private set; }

        public void Came(long offset) => (Offset, Furthest) = (offset, Math.Max(Furthest, offset));

        public void GoOnFrom(long offset)
        {
            Came(offset);
            Resumed = true;
        }

        public void StartAnew() => (Location, Offset, Resumed) = (null, 0, false);
    }
}
