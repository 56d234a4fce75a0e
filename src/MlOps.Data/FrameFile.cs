namespace MlOps.Data;

/// <summary>A frame as compact binary: the same bytes for the same frame, on every machine.</summary>
public static class FrameFile
{
    /// <summary>Writes a frame.</summary>
    public static void Write(Frame frame, Stream destination) => throw new NotImplementedException();

    /// <summary>Reads a frame.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a whole frame file of a known version.</exception>
    public static Frame Read(Stream source) => throw new NotImplementedException();

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
