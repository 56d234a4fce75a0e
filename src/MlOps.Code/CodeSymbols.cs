using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace MlOps.Code;

/// <summary>Where the methods of one assembly stand in its sources.</summary>
public sealed class CodeSymbols : IDisposable
{
    // https://github.com/dotnet/runtime/blob/main/docs/design/specs/PortablePdb-Metadata.md
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _reader;

    /// <param name="symbols">A portable PDB.</param>
    /// <exception cref="BadImageFormatException">It is none.</exception>
    public CodeSymbols(byte[] symbols)
    {
        _provider = MetadataReaderProvider.FromPortablePdbImage(ImmutableArray.Create(symbols));
        _reader = _provider.GetMetadataReader();
    }

    /// <summary>File and line of an instruction, <c>models/bike/Bike.cs:12</c>; null where the compiler noted none.</summary>
    /// <param name="method">The method's token.</param>
    /// <param name="offset">The instruction's offset in its IL; 0 is the method's beginning.</param>
    public string? At(int method, int offset = 0)
    {
        var handle = MetadataTokens.MethodDefinitionHandle(method & 0xFFFFFF);
        if (MetadataTokens.GetRowNumber(handle) > _reader.MethodDebugInformation.Count)
        {
            return null;
        }

        SequencePoint? found = null;
        foreach (var point in _reader.GetMethodDebugInformation(handle).GetSequencePoints())
        {
            if (!point.IsHidden && (found is null || point.Offset <= offset))
            {
                found = point;
            }
        }

        return found is not { } place ? null
            : string.Create(CultureInfo.InvariantCulture, $"{Relative(_reader.GetString(_reader.GetDocument(place.Document).Name))}:{place.StartLine}");
    }

    /// <summary>The lines that methods fill together, in the file where the first of them stands; null where the compiler noted none.</summary>
    /// <param name="methods">Their tokens.</param>
    public SourcePlace? Lines(IEnumerable<int> methods)
    {
        SourcePlace? found = null;
        foreach (var handle in methods.Select(method => MetadataTokens.MethodDefinitionHandle(method & 0xFFFFFF)).Where(handle => MetadataTokens.GetRowNumber(handle) <= _reader.MethodDebugInformation.Count))
        {
            foreach (var point in _reader.GetMethodDebugInformation(handle).GetSequencePoints().Where(point => !point.IsHidden))
            {
                var file = Relative(_reader.GetString(_reader.GetDocument(point.Document).Name));
                found = found is null ? new(file, point.StartLine, point.EndLine)
                    : found.File == file ? new(file, Math.Min(found.First, point.StartLine), Math.Max(found.Last, point.EndLine))
                    : found;
            }
        }

        return found;
    }

    /// <summary>The source files that the compiler kept in the symbols, by their paths.</summary>
    public IReadOnlyDictionary<string, string> Sources()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var handle in _reader.Documents)
        {
            foreach (var information in _reader.GetCustomDebugInformation(handle).Select(_reader.GetCustomDebugInformation).Where(information => _reader.GetGuid(information.Kind) == EmbeddedSource))
            {
                found[Relative(_reader.GetString(_reader.GetDocument(handle).Name))] = Text(_reader.GetBlobBytes(information.Value));
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    // A number, 0 for text as it is or the size of what is deflated; then the text.
    private static string Text(byte[] blob)
    {
        Stream raw = new MemoryStream(blob, sizeof(int), blob.Length - sizeof(int));
        using var reader = new StreamReader(BitConverter.ToInt32(blob) == 0 ? raw : new DeflateStream(raw, CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    // The root that the compiler was told to write in the workspace's stead.
    private static string Relative(string file) => file.StartsWith(CSharpCompiler.MappedRoot, StringComparison.Ordinal) ? file[CSharpCompiler.MappedRoot.Length..] : file;
}
