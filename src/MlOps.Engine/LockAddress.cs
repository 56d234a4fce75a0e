namespace MlOps.Engine;

/// <summary>Where a step's record stands in the lock: <c>steps.KEY</c> below its owner's node.</summary>
/// <param name="Owner">The owner's node, such as <c>models/bike-demand</c> or <c>data/bike-hours</c>; empty for steps of the workspace itself.</param>
/// <param name="Key">The step's key there, such as <c>train</c>; any text.</param>
public readonly record struct LockAddress(string Owner, string Key)
{
    /// <summary>The path in the lock, such as <c>models/bike-demand/steps/train</c>.</summary>
    public override string ToString() => Owner.Length == 0 ? $"steps/{Key}" : $"{Owner}/steps/{Key}";
}
