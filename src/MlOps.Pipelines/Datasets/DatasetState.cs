using MlOps.Content;

namespace MlOps.Pipelines.Datasets;

/// <summary>How a dataset's file, its pin in the lock and what this machine remembers stand to each other.</summary>
internal enum DatasetState
{
    /// <summary>The file is what the lock names.</summary>
    AsPinned,

    /// <summary>There is a file, and the lock names none: it will be pinned.</summary>
    NeverPinned,

    /// <summary>There is neither file nor pin: a source has to give it.</summary>
    NeverFetched,

    /// <summary>The lock names bytes, and there is no file: they are brought back.</summary>
    Missing,

    /// <summary>The lock is as remembered, the file is not, or git is its authority: it will be pinned anew.</summary>
    Edited,

    /// <summary>The file is as remembered, the lock is not (a checkout, a merge): the lock's bytes are brought back.</summary>
    LockMoved,

    /// <summary>Both the file and the lock changed: only the user can say which one counts.</summary>
    Diverged,
}

/// <summary>The rule that never loses an edit: only bytes that were pinned or restored here are replaced.</summary>
internal static class DatasetRule
{
    /// <param name="pinned">What the lock names.</param>
    /// <param name="here">What lies in the workspace.</param>
    /// <param name="remembered">What was last pinned or restored here.</param>
    /// <param name="isGits">Whether git carries a file that bringing the lock's bytes back would change.</param>
    /// <param name="isKnown">Whether what lies here was pinned once or is part of what the lock names, so that replacing it loses nothing; asked where nothing is remembered.</param>
    public static DatasetState Judge(Digest? pinned, Digest? here, Digest? remembered, Func<bool> isGits, Func<bool> isKnown) => (pinned, here) switch
    {
        (null, null) => DatasetState.NeverFetched,
        (null, _) => DatasetState.NeverPinned,
        (_, null) => DatasetState.Missing,
        _ when pinned == here => DatasetState.AsPinned,
        _ when remembered == pinned || isGits() => DatasetState.Edited,
        _ when remembered is null => isKnown() ? DatasetState.LockMoved : DatasetState.Edited,
        _ => remembered == here ? DatasetState.LockMoved : DatasetState.Diverged,
    };
}
