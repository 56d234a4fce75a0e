using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>What is known of the framework: what looks at code as data, what gives another answer each time, what interfaces have.</summary>
internal static class KnownApis
{
    private static readonly Dictionary<string, string[]> Interfaces = new(StringComparer.Ordinal)
    {
        ["System.IDisposable"] = ["Dispose"],
        ["System.IAsyncDisposable"] = ["DisposeAsync"],
        ["System.IEquatable`1"] = ["Equals"],
        ["System.IComparable"] = ["CompareTo"],
        ["System.IComparable`1"] = ["CompareTo"],
        ["System.IFormattable"] = ["ToString"],
        ["System.ISpanFormattable"] = ["ToString", "TryFormat"],
        ["System.IUtf8SpanFormattable"] = ["TryFormat"],
        ["System.IParsable`1"] = ["Parse", "TryParse"],
        ["System.ISpanParsable`1"] = ["Parse", "TryParse"],
        ["System.Collections.IEnumerable"] = ["GetEnumerator"],
        ["System.Collections.Generic.IEnumerable`1"] = ["GetEnumerator"],
        ["System.Collections.IEnumerator"] = ["MoveNext", "Reset", "get_Current"],
        ["System.Collections.Generic.IEnumerator`1"] = ["get_Current"],
        ["System.Collections.Generic.IReadOnlyCollection`1"] = ["get_Count"],
        ["System.Collections.Generic.IReadOnlyList`1"] = ["get_Item"],
        ["System.Collections.Generic.IComparer`1"] = ["Compare"],
        ["System.Collections.Generic.IEqualityComparer`1"] = ["Equals", "GetHashCode"],
        ["System.IProgress`1"] = ["Report"],
        ["System.Attribute"] = [],
        ["System.MulticastDelegate"] = [],
    };

    private static readonly HashSet<string> PlainTypeMembers = new(StringComparer.Ordinal)
    {
        "GetTypeFromHandle", "op_Equality", "op_Inequality", "Equals", "GetHashCode", "ToString", "get_Name", "get_FullName", "get_Namespace", "get_TypeHandle",
        "get_IsValueType", "get_IsEnum", "get_IsPrimitive", "get_IsArray", "get_IsGenericType", "GetTypeCode",
    };

    private static readonly string[] Reflecting =
    [
        "System.Reflection.", "System.Activator", "Microsoft.CSharp.RuntimeBinder.", "System.Dynamic.", "System.ComponentModel.", "System.Xml.Serialization.",
        "System.Runtime.Serialization.", "System.Runtime.Loader.", "System.Diagnostics.StackFrame", "System.Diagnostics.StackTrace", "System.AppDomain", "System.Resources.",
        "System.Runtime.CompilerServices.CallSite",
    ];

    // Attributes and switches of these namespaces are metadata or constants, not questions.
    private static readonly string[] Answers = ["System.Reflection.DefaultMemberAttribute", "System.ComponentModel.EditorBrowsableAttribute"];

    /// <summary>Whether an interface, or a class of the framework, may have a member of a name; one that is not known may have any.</summary>
    public static bool MayHave(string type, string member) => !Interfaces.TryGetValue(type, out var members) || members.Contains(member);

    /// <summary>Whether a generic type makes no value of what it is constructed with. Every record says that it is comparable with itself; that does not bring it about.</summary>
    public static bool MakesNothing(string generic) => generic == "System.IEquatable`1";

    // What a node of JSON holds as it is: no members of ours are looked for.
    private static readonly HashSet<string> PlainValues = new(
        Enum.GetNames<PrimitiveTypeCode>().Except(["Object"])
            .Concat(["System.Decimal", "System.DateTime", "System.DateTimeOffset", "System.DateOnly", "System.TimeOnly", "System.TimeSpan", "System.Guid", "System.Uri", "System.Text.Json.JsonElement"])
            .Concat(new[] { "Node", "Value", "Object", "Array" }.Select(kind => $"System.Text.Json.Nodes.Json{kind}")).Select(type => $"<{type}>"), StringComparer.Ordinal);

    // From the machine's C library, which is another on another system; and not the same on each processor.
    private static readonly HashSet<string> OfCLibrary = new(
        ("Exp Exp2 Exp10 ExpM1 Exp2M1 Exp10M1 Log Log2 Log10 LogP1 Log2P1 Log10P1 Pow Cbrt RootN Hypot Sin Cos Tan SinCos SinPi CosPi TanPi SinCosPi Asin Acos Atan Atan2 AsinPi AcosPi AtanPi Atan2Pi "
            + "Sinh Cosh Tanh Asinh Acosh Atanh").Split(' '), StringComparer.Ordinal);

    /// <summary>Whether a member of the framework looks at types as data.</summary>
    public static bool Reflects(MemberName member, MethodSignature<TypeText>? signature, string arguments) => member.Type switch
    {
        "System.Type" => !PlainTypeMembers.Contains(member.Name),
        // The names of types that are made count anyway; members are found by what is listed here only.
        "System.Reflection.MemberInfo" => member.Name != "get_Name",
        // Made for generic code: what it makes is seen from what the code is constructed with.
        "System.Activator" => !(member.Name == "CreateInstance" && signature is { GenericParameterCount: 1 }),
        "System.Attribute" => member.Name is "GetCustomAttribute" or "GetCustomAttributes" or "IsDefined",
        "System.Delegate" or "System.MulticastDelegate" => member.Name is "get_Method" or "CreateDelegate" or "DynamicInvoke",
        "System.Text.Json.JsonSerializer" or "System.Text.Json.Schema.JsonSchemaExporter" => signature is not null && !TakesTypeInfo(signature),
        "System.Net.Http.Json.JsonContent" => member.Name == "Create" && !TakesTypeInfo(signature),
        "System.Net.Http.Json.HttpClientJsonExtensions" or "System.Net.Http.Json.HttpContentJsonExtensions" => !TakesTypeInfo(signature),
        "System.Text.Json.Nodes.JsonValue" or "System.Text.Json.Nodes.JsonArray" or "System.Text.Json.Nodes.JsonNode" =>
            member.Name is "Create" or "Add" or "ReplaceWith" && arguments.Length > 0 && !PlainValues.Contains(arguments) && !TakesTypeInfo(signature),
        // Who is given a type's description has it from here, or from a context that was generated.
        "System.Text.Json.JsonSerializerOptions" => member.Name is "get_Default" or "get_Web" or "GetConverter" or "MakeReadOnly",
        "System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver" => true,
        "System.Text.Json.Serialization.Metadata.JsonTypeInfo" => member.Name == "CreateJsonTypeInfo",
        "System.Exception" => member.Name == "get_TargetSite",
        "System.Linq.Expressions.Expression" => signature is { } built && built.ParameterTypes.Any(type => type.Text == "String")
            && member.Name is "Property" or "Field" or "PropertyOrField" or "Call",
        _ => Reflecting.Any(prefix => member.Type.StartsWith(prefix, StringComparison.Ordinal)) && !Answers.Contains(member.Type),
    };

    private static bool TakesTypeInfo(MethodSignature<TypeText>? signature) => signature is { } called
        && called.ParameterTypes.Any(type => type.Text.Contains("JsonTypeInfo", StringComparison.Ordinal) || type.Text.Contains("JsonSerializerContext", StringComparison.Ordinal));

    /// <summary>Whether a package's member may look at our types as data: it takes objects, types or type arguments.</summary>
    public static bool MayReflect(MethodSignature<TypeText>? signature, string arguments) => arguments.Length > 0
        || (signature is { } called && called.ParameterTypes.Any(type => type.Text is "Object" or "Object[]" or "System.Type" or "System.Type[]"
            || type.Text.Contains("System.Linq.Expressions", StringComparison.Ordinal)));

    /// <summary>Why a member of the framework gives another answer each time or on each machine; null if it does not.</summary>
    public static string? Irreproducible(MemberName member, string parent, MethodSignature<TypeText>? signature) => (member.Type, member.Name) switch
    {
        ("System.String" or "System.Object" or "System.Runtime.CompilerServices.RuntimeHelpers", "GetHashCode") or ("System.HashCode", _) or ("System.StringComparer", "GetHashCode") => "a hash that is seeded anew in each process",
        ("System.Collections.Generic.EqualityComparer`1" or "System.Collections.Generic.IEqualityComparer`1", "GetHashCode") when parent.EndsWith("<String>", StringComparison.Ordinal) =>
            "a hash that is seeded anew in each process",
        ("System.Random", ".ctor") when signature is { ParameterTypes.Length: 0 } => "randomness without a seed",
        ("System.DateTime" or "System.DateTimeOffset", "get_Now" or "get_UtcNow" or "get_Today") => "the clock",
        ("System.TimeProvider", "get_System" or "GetUtcNow" or "GetLocalNow" or "GetTimestamp") => "the clock",
        ("System.Environment", "get_TickCount" or "get_TickCount64") or ("System.Diagnostics.Stopwatch", _) => "the clock",
        ("System.TimeZoneInfo", "get_Local") or ("System.DateTime", "ToLocalTime" or "ToUniversalTime" or "ToFileTime" or "FromFileTime")
            or ("System.DateTimeOffset", "ToLocalTime" or "get_LocalDateTime" or "op_Implicit") => "the machine's time zone",
        ("System.DateTimeOffset", ".ctor") when signature is { ParameterTypes: [{ Text: "System.DateTime" }] } => "the machine's time zone",
        ("System.TimeZoneInfo", "FindSystemTimeZoneById" or "TryFindSystemTimeZoneById" or "GetSystemTimeZones" or "ConvertTime" or "ConvertTimeBySystemTimeZoneId" or "ConvertTimeToUtc") => "the machine's time zones",
        ("System.Guid", "NewGuid" or "CreateVersion7") or ("System.Random", "get_Shared") or ("System.Security.Cryptography.RandomNumberGenerator", _) => "randomness without a seed",
        ("System.Environment", not "get_NewLine" and not "FailFast" and not "Exit" and not "get_CurrentManagedThreadId")
            or ("System.OperatingSystem" or "System.Runtime.InteropServices.RuntimeInformation", _) => "the environment",
        ("System.Environment", "get_CurrentManagedThreadId") or ("System.Threading.Thread", "get_CurrentThread" or "get_ManagedThreadId") => "which thread runs it",
        ("System.Environment", "Exit" or "FailFast") => "the end of the process",
        ("System.IO.File" or "System.IO.Directory" or "System.IO.FileStream" or "System.IO.FileInfo" or "System.IO.DirectoryInfo" or "System.IO.FileSystemInfo" or "System.IO.DriveInfo", _)
            or ("System.IO.MemoryMappedFiles.MemoryMappedFile", _) => "the file system",
        ("System.IO.StreamReader" or "System.IO.StreamWriter", ".ctor") or ("System.Xml.Linq.XDocument" or "System.Xml.Linq.XElement", "Load") or ("System.Xml.XmlReader" or "System.Xml.XmlWriter", "Create")
            when signature is { ParameterTypes: [{ Text: "String" }, ..] } => "the file system",
        ("System.IO.Path", "GetTempPath" or "GetTempFileName" or "GetRandomFileName" or "GetFullPath") => "the file system",
        ("System.Globalization.CultureInfo", "get_CurrentCulture" or "get_CurrentUICulture" or "set_CurrentCulture") => "the machine's culture",
        ("System.Diagnostics.Process", _) => "other programs",
        ("System.Runtime.InteropServices.NativeLibrary", _) => "a native library",
        (_, "ReciprocalEstimate" or "ReciprocalSqrtEstimate" or "MultiplyAddEstimate" or "get_IsHardwareAccelerated" or "get_IsSupported") or ("System.Numerics.Vector`1", "get_Count") => "the machine's processor",
        ("System.Math" or "System.MathF" or "System.Double" or "System.Single" or "System.Half" or "System.Numerics.Complex", var function) when OfCLibrary.Contains(function) => "the machine's C library",
        var (type, function) when type.StartsWith("System.Numerics.I", StringComparison.Ordinal) && OfCLibrary.Contains(function) => "the machine's C library",
        _ => member.Type.StartsWith("System.Net.", StringComparison.Ordinal) && member.Type is not ("System.Net.IPAddress" or "System.Net.WebUtility") ? "the network" : null,
    };
}
