using System.Reflection;
using System.Runtime.Loader;

namespace MlOps.Scoring.Computed;

/// <summary>A model's compiled code, loaded. What it refers to comes from its own folder; the framework and this product come from the program that loads it.</summary>
public sealed class CodeAssembly
{
    private CodeAssembly(Assembly assembly) => Assembly = assembly;

    /// <summary>What was loaded.</summary>
    public Assembly Assembly { get; }

    /// <summary>Loads an assembly for as long as the program runs.</summary>
    /// <param name="path">Its file.</param>
    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    public static CodeAssembly Load(string path) => new(new Context(Path.GetFullPath(path)).Main());

    /// <summary>A function by its full name, <c>Type.Method</c>.</summary>
    /// <exception cref="MissingMethodException">There is none, or several.</exception>
    public MethodInfo Method(string name)
    {
        var dot = name.LastIndexOf('.');
        var methods = dot <= 0 || Assembly.GetType(name[..dot]) is not { } type ? [] : type.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.Name == name[(dot + 1)..]).ToArray();
        return methods is [var only] ? only : throw new MissingMethodException($"{Path.GetFileName(Assembly.Location)} has {methods.Length} functions '{name}'");
    }

    private sealed class Context(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        private static readonly HashSet<string> Framework = [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator)
            .Where(file => Path.GetDirectoryName(file) != Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Select(file => Path.GetFileNameWithoutExtension(file))];

        public Assembly Main() => LoadFromAssemblyPath(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name is { } name && !name.StartsWith("MlOps.", StringComparison.Ordinal) && !Framework.Contains(name)
                && Path.Join(Path.GetDirectoryName(path), name + ".dll") is var beside && File.Exists(beside) ? LoadFromAssemblyPath(beside) : null;
    }
}
