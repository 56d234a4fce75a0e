namespace MlOps.Content;

/// <summary>Says that a value that is no object may stand for an object with one member: <c>"oci://…"</c> for <c>{ "url": "oci://…" }</c>.</summary>
/// <param name="member">The member's name in the file.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JsonShorthandAttribute(string member) : Attribute
{
    /// <summary>The member's name in the file.</summary>
    public string Member { get; } = member;
}
