namespace MlOps.Data;

/// <summary>A description of a table in numbers: the same bytes for the same table, on every machine.</summary>
public static class Profile
{
    /// <summary>The profile as indented JSON with sorted keys, LF line ends and a newline at the end.</summary>
    public static byte[] ToJson(Frame frame) => throw new NotImplementedException();
}
