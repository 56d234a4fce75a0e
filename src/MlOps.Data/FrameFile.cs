using MlOps.Data.Internal;

namespace MlOps.Data;

/// <summary>A frame as compact binary: the same bytes for the same cells, on every machine.</summary>
/// <remarks>The bytes <c>MLOF</c>, the version (1), the numbers of columns and rows, then column by column its name, type and packed cells;
/// at the end the xxh128 of all that. Little-endian. A string column's dictionary is written in order of first appearance, unused texts left out.</remarks>
public static class FrameFile
{
    /// <summary>Writes a frame from the stream's position on; the stream stays open.</summary>
    public static void Write(Frame frame, Stream destination)
    {
        var writer = new FrameWriter(destination);
        writer.Write(frame);
    }

    /// <summary>Reads a frame from the stream's position to the frame's end; the stream stays open.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a whole frame file of a known version.</exception>
    public static Frame Read(Stream source)
    {
        if (source.CanSeek)
        {
            return new FrameReader(source).Read();
        }

        using var copy = new MemoryStream();
        source.CopyTo(copy);
        copy.Position = 0;
        return new FrameReader(copy).Read();
    }

    /// <summary>The bytes that <see cref="Write"/> writes.</summary>
    public static byte[] ToBytes(Frame frame)
    {
        using var stream = new MemoryStream();
        Write(frame, stream);
        return stream.ToArray();
    }

    /// <summary>Reads a frame from bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a whole frame file of a known version.</exception>
    public static Frame FromBytes(byte[] content)
    {
        using var stream = new MemoryStream(content, writable: false);
        return Read(stream);
    }
}
