using MlOps.Content;

namespace MlOps.Pipelines.Definitions.Expansion;

/// <summary>The names that <c>${NAME}</c> may mean at some place, the nearest first.</summary>
internal class Scope(Scope? outer, IReadOnlyDictionary<string, JsonTree> values)
{
    public static Scope Empty { get; } = new(null, new Dictionary<string, JsonTree>());

    /// <summary>Every name that is known here.</summary>
    public IEnumerable<string> Names => values.Keys.Concat(outer?.Names ?? []).Distinct();

    /// <summary>A name's value, or null.</summary>
    public virtual JsonTree? Find(string name) => values.GetValueOrDefault(name) ?? outer?.Find(name);
}
