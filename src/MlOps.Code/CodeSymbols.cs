using System.Collections.Immutable;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace MlOps.Code;

/// <summary>Where the methods of one assembly stand in its sources.</summary>
public sealed class CodeSymbols : IDisposable
{
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

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    // The root that the compiler was told to write in the workspace's stead.
    private static string Relative(string file) => file.StartsWith(CSharpCompiler.MappedRoot, StringComparison.Ordinal) ? file[CSharpCompiler.MappedRoot.Length..] : file;
}
