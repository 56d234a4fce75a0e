using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

/// <summary>What is said of some content: an in-toto Statement v1. As a layer of its own it is an unsigned attestation; in a <see cref="Bundle"/> a signed one.</summary>
/// <remarks>https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. Equal statements have equal bytes.</remarks>
public sealed class Statement
{
    /// <summary>The media type of its bytes.</summary>
    public const string MediaType = "application/vnd.in-toto+json";

    /// <summary>The most subjects that are read.</summary>
    public const int MaximumSubjects = 1024;

    private const string Type = "https://in-toto.io/Statement/v1";

    /// <summary>Creates a statement.</summary>
    /// <param name="subjects">What it is about, at least one.</param>
    /// <param name="predicateType">What kind of thing is said, as a URI.</param>
    /// <param name="predicate">What is said: a JSON object.</param>
    /// <exception cref="ArgumentException">No subject, or the predicate is no object.</exception>
    public Statement(IReadOnlyList<ResourceDescriptor> subjects, string predicateType, JsonElement predicate)
    {
        if (subjects.Count is 0 or > MaximumSubjects || predicate.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException($"a statement has 1 to {MaximumSubjects} subjects, and its predicate is an object", nameof(subjects));
        }

        (Subjects, PredicateType, Predicate) = ([.. subjects], predicateType, predicate.Clone());
    }

    /// <summary>What it is about.</summary>
    public IReadOnlyList<ResourceDescriptor> Subjects { get; }

    /// <summary>What kind of thing is said; readers of predicates look at it first.</summary>
    public string PredicateType { get; }

    /// <summary>What is said.</summary>
    public JsonElement Predicate { get; }

    /// <summary>The statement that a finished JSON document, such as a bill of materials, is the predicate of.</summary>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public static Statement Of(ResourceDescriptor subject, string predicateType, ReadOnlySpan<byte> predicate)
    {
        var reader = new Utf8JsonReader(predicate);
        return new([subject], predicateType, JsonElement.ParseValue(ref reader));
    }

    /// <summary>Its bytes: UTF-8 on one line, members sorted.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(CanonicalJson.Compact(new JsonObject
    {
        ["_type"] = Type,
        ["predicateType"] = PredicateType,
        ["predicate"] = JsonObject.Create(Predicate),
        ["subject"] = new JsonArray([.. Subjects.Select(subject => new JsonObject { ["name"] = subject.Name, ["digest"] = new JsonObject { ["sha256"] = subject.Digest.Hex } })]),
    }));

    /// <summary>Reads what anybody wrote: at most 16 MB, no member twice, every subject with a sha256; members that are not known here are passed over.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Statement? statement, [NotNullWhen(false)] out string? why)
    {
        statement = null;
        if (!BoundedJson.TryRead(utf8, BoundedJson.Plain.StatementWire, out var wire, out why))
        {
            return false;
        }

        var subjects = wire.Subject.Take(MaximumSubjects).Select(subject => ResourceDescriptor.TryRead(subject, out var read) ? read : null).ToList();
        why = wire.Type != Type ? $"its _type is '{ForeignText.Shown(wire.Type, 64)}', not '{Type}'"
            : wire.Subject.Count is 0 or > MaximumSubjects ? $"it has {wire.Subject.Count} subjects, and 1 to {MaximumSubjects} are read"
            : subjects.Contains(null) ? "a subject has no sha256"
            : wire.Predicate is not { ValueKind: JsonValueKind.Object } ? "its predicate is no object"
            : null;
        statement = why is null ? new(subjects!, wire.PredicateType, wire.Predicate!.Value) : null;
        return statement is not null;
    }
}
