using System.Buffers;
using System.Reflection.Metadata.Ecma335;
using System.Text;
using MlOps.Content;
using MlOps.Code.Internal;

namespace MlOps.Code;

/// <summary>What code does: the sha256 over all that its entries can reach, each member by name and by what it says.</summary>
/// <param name="Members">In ordinal order of names.</param>
/// <param name="Concerns">Why it covers more than what is called, and what makes results depend on more than inputs.</param>
public sealed record CodeFingerprint(IReadOnlyList<ReachedMember> Members, IReadOnlyList<CodeConcern> Concerns)
{
    private readonly Lazy<byte[]> _listing = new(() => Written(Members));

    /// <summary>A line per member, <c>hex␠␠name</c>: two of them tell what changed.</summary>
    public string Listing => Encoding.UTF8.GetString(_listing.Value);

    /// <summary>The same, and something that counts beside what is reached.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="said">What it says.</param>
    public CodeFingerprint With(string name, string said) =>
        new([.. Members.Append(new(name, Digest.Of(said), null)).OrderBy(member => member.Name, StringComparer.Ordinal)], Concerns);

    /// <summary>The sha256 of the listing.</summary>
    public Digest Digest => Digest.Of(_listing.Value);

    private static byte[] Written(IReadOnlyList<ReachedMember> members)
    {
        const int HexLength = 64;
        var text = new ArrayBufferWriter<byte>();
        foreach (var member in members)
        {
            var line = text.GetSpan(HexLength + 3 + Encoding.UTF8.GetMaxByteCount(member.Name.Length));
            member.Digest.CopyHexTo(line[..HexLength]);
            "  "u8.CopyTo(line[HexLength..]);
            var end = HexLength + 2 + Encoding.UTF8.GetBytes(member.Name, line[(HexLength + 2)..]);
            line[end] = (byte)'\n';
            text.Advance(end + 1);
        }

        return text.WrittenSpan.ToArray();
    }
}

/// <summary>A method, a type or a package that code reaches.</summary>
/// <param name="Name">A method with its type, parameters and result; else what it is, and its name.</param>
/// <param name="Digest">The sha256 of what it says.</param>
/// <param name="From">What mentioned it first; null for an entry.</param>
public sealed record ReachedMember(string Name, Digest Digest, string? From)
{
    /// <summary>The methods that people wrote, or the compiler made of them, in it.</summary>
    internal IEnumerable<CodeMethod> Methods { get; init; } = [];

    /// <summary>Where it stands, if that is in the assembly of these symbols; while the library is open.</summary>
    /// <param name="assembly">The assembly's simple name.</param>
    /// <param name="symbols">Its symbols.</param>
    public SourcePlace? At(string assembly, CodeSymbols symbols) =>
        symbols.Lines(Methods.Where(method => method.Type.Assembly.Name == assembly).Select(method => MetadataTokens.GetToken(method.Handle)));
}

/// <summary>What a concern is about.</summary>
public enum CodeConcernKind
{
    /// <summary>Code is looked at as data, so all of its assembly counts.</summary>
    Widened,

    /// <summary>A call gives other answers at other times or on other machines.</summary>
    Irreproducible,
}

/// <summary>Something in reached code that people should know.</summary>
/// <param name="Subject">The assembly that is widened, or the member that is called.</param>
/// <param name="Why">In words.</param>
public sealed record CodeConcern(CodeConcernKind Kind, string Subject, string Why)
{
    internal CodeConcern(CodeConcernKind kind, string subject, string why, CallSite site)
        : this(kind, subject, why) => Site = site;

    internal CallSite Site { get; }

    /// <summary>Where the call stands, if it stands in the assembly of these symbols; while the library is open.</summary>
    /// <param name="assembly">The assembly's simple name.</param>
    /// <param name="symbols">Its symbols.</param>
    public string? At(string assembly, CodeSymbols symbols) =>
        Site.Method.Type.Assembly.Name == assembly ? symbols.At(MetadataTokens.GetToken(Site.Method.Handle), Site.Offset) : null;
}
