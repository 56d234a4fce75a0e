using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;

namespace MlOps.Pipelines.Champions;

/// <summary>Knows whom gates compare with. Its answers are no part of a gate's fingerprint, nor is the code behind it (decision 0012).</summary>
internal interface IChampions
{
    /// <summary>The champion of a gate.</summary>
    Champion Find(Step gate, string environment, Digest candidate);

    /// <summary>The verdict of a gate of the same rules over the same content, for a champion that can be had no more; null if no lock has it.</summary>
    /// <param name="inputs">The digests of what the gate reads, by name.</param>
    JsonObject? Verdict(Step gate, Digest champion, IReadOnlyDictionary<string, Digest> inputs);

    /// <summary>The rows that a champion learnt from, as far as a lock or this machine's experiments tell; null where nobody knows, or the store has them no more.</summary>
    (Digest Digest, byte[] Bytes)? LearntFrom(Step gate, Digest champion);
}
