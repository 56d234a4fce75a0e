namespace Nuke.Common.IO;

public sealed class AbsolutePath(string path)
{
    public static implicit operator string(AbsolutePath path) => path.ToString();

    public override string ToString() => path;
}
