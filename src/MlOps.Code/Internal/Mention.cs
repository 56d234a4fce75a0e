namespace MlOps.Code.Internal;

/// <summary>How a unit mentions something.</summary>
internal enum MentionKind
{
    /// <summary>A method is called or handed over.</summary>
    Method,

    /// <summary>A virtual method is called: whatever fills its slot may be meant.</summary>
    Slot,

    /// <summary>What a type is counts: its base, its interfaces, its layout.</summary>
    Type,

    /// <summary>Values of a type may come to be.</summary>
    Live,

    /// <summary>The names and numbers of an enumeration's members count.</summary>
    Members,

    /// <summary>A package is used; the subject is its name and version.</summary>
    Package,

    /// <summary>The assembly is looked at as data; the subject is the concern that says by what.</summary>
    Whole,

    /// <summary>Something is called that gives other answers elsewhere; the subject is the concern.</summary>
    Concern,
}

/// <summary>Something that a unit mentions, and how.</summary>
internal readonly record struct Mention(MentionKind Kind, object Subject);
