namespace MlOps.Data;

/// <summary>What a column means to a model; inferred by <c>New</c>, declared in <c>model.json</c>.</summary>
public enum FeatureKind
{
    /// <summary>A quantity: order and distance mean something.</summary>
    Numeric,

    /// <summary>One of few names; numbers are taken by their text.</summary>
    Categorical,

    /// <summary>Yes or no.</summary>
    Boolean,

    /// <summary>An instant; models see its calendar parts.</summary>
    Timestamp,

    /// <summary>Words.</summary>
    Text,

    /// <summary>A name of the row itself; never a feature.</summary>
    Identifier,
}
