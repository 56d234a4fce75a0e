namespace MlOps.Packaging.Images;

/// <summary>What of the service and its runtime an image holds.</summary>
public enum ServiceFlavour
{
    /// <summary>What models need that are ONNX only.</summary>
    Trimmed,

    /// <summary>All of the runtime, for models with C# of their own.</summary>
    Untrimmed,
}
