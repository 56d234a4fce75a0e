using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;

namespace MlOps.Code;

/// <summary>An assembly without what points to its symbols: a comment changes these, and through them time stamp and module id, but not the plain assembly.</summary>
/// <remarks>The debug directory (https://github.com/dotnet/runtime/blob/main/docs/design/specs/PE-COFF.md) and the time stamp become zeros, and the module id follows from all other bytes.</remarks>
public static class PlainAssembly
{
    private const int StampInHeader = 4, DebugEntryBytes = 28, IdBytes = 16, SizeInEntry = 16, DataInEntry = 24;

    /// <summary>The bytes of a managed assembly, made plain.</summary>
    /// <exception cref="BadImageFormatException">It is none.</exception>
    public static byte[] Of(byte[] image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var reader = new PEReader([.. image]);
        var headers = reader.PEHeaders;
        var plain = (byte[])image.Clone();
        plain.AsSpan(headers.CoffHeaderStartOffset + StampInHeader, sizeof(int)).Clear();
        var debug = headers.PEHeader!.DebugTableDirectory;
        if (debug.Size > 0 && headers.TryGetDirectoryOffset(debug, out var entries))
        {
            for (var at = entries; at + DebugEntryBytes <= entries + debug.Size; at += DebugEntryBytes)
            {
                var (size, data) = (BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + SizeInEntry)), BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + DataInEntry)));
                plain.AsSpan(data, data == 0 ? 0 : size).Clear();
            }

            plain.AsSpan(entries, debug.Size).Clear();
        }

        var metadata = reader.GetMetadataReader();
        var id = plain.AsSpan(headers.MetadataStartOffset + metadata.GetHeapMetadataOffset(HeapIndex.Guid) + ((metadata.GetHeapOffset(metadata.GetModuleDefinition().Mvid) - 1) * IdBytes), IdBytes);
        id.Clear();
        SHA256.HashData(plain).AsSpan(0, IdBytes).CopyTo(id);
        return plain;
    }
}
