namespace MlOps.Engine;

/// <summary>Why a step has to run; the first that holds, in this order.</summary>
public enum StaleReason
{
    /// <summary>It does not have to run.</summary>
    None,

    /// <summary>It is declared frozen: what the lock has stays, whatever changed.</summary>
    Frozen,

    /// <summary>The user asked for it by <c>--force</c>.</summary>
    Forced,

    /// <summary>It is declared to run in every build.</summary>
    Always,

    /// <summary>The lock has no record of it.</summary>
    NeverBuilt,

    /// <summary>A part of its declared software changed.</summary>
    ToolchainChanged,

    /// <summary>Its code changed.</summary>
    CodeChanged,

    /// <summary>A parameter was changed, added or removed.</summary>
    ParameterChanged,

    /// <summary>An input's content changed.</summary>
    InputChanged,

    /// <summary>Its action, or the names of its inputs or outputs, changed.</summary>
    DeclarationChanged,

    /// <summary>Nothing changed, but the lock lacks a fact that it yields.</summary>
    FactMissing,

    /// <summary>Nothing changed, but the lock tells another result than the store remembers of its run: it was edited by hand, or merged badly.</summary>
    LockContradicted,

    /// <summary>Nothing changed, but an output is not in the store.</summary>
    OutputMissing,

    /// <summary>A step that it reads from will run first; if that gives the same bytes again, it stays as it is.</summary>
    UpstreamPending,
}
