using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>How an attestation came out.</summary>
public enum Verdict
{
    /// <summary>A trusted key that counts today signed this statement about this subject.</summary>
    Valid,

    /// <summary>The bytes are neither a bundle nor a statement.</summary>
    NotABundle,

    /// <summary>A statement, or an envelope, that nobody signed.</summary>
    NoSignature,

    /// <summary>The key that it names is not trusted.</summary>
    UnknownKey,

    /// <summary>The signature is not that key's over these bytes: something was changed after signing, or another signed.</summary>
    WrongSignature,

    /// <summary>As <see cref="WrongSignature"/>, and the payload is no statement any more: it is the payload that was changed.</summary>
    PayloadAltered,

    /// <summary>The signature is right, and its key has come to its end.</summary>
    ExpiredKey,

    /// <summary>The signature is right, and what is signed is no statement.</summary>
    NotAStatement,

    /// <summary>The signature is right, and the statement is about something else.</summary>
    OtherSubject,
}

/// <summary>What checking an attestation gave.</summary>
public sealed record Verification
{
    /// <summary>How it came out.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>What is wrong; null if nothing is.</summary>
    public Diagnostic? Problem { get; init; }

    /// <summary>The trusted key that it names.</summary>
    public TrustedKey? Key { get; init; }

    /// <summary>What is said; null unless the verdict is <see cref="Verdict.Valid"/>: nothing unproven leaves here.</summary>
    public Statement? Statement { get; init; }
}
