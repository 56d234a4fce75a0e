using MlOps.Content;

namespace MlOps.Engine.Internal;

/// <summary>The forms of all steps in one file, of which a build of little reads little: a head with an index, then one block per step, each with a checksum.</summary>
/// <remarks>It belongs to one remembered answer, whose stamp it holds, and says nothing about results: these stand in the lock. So it stays true while only results change.</remarks>
internal sealed class GraphImage : IDisposable
{
    private const ulong Magic = 0x32_48_50_47_53_50_4f_4c; // "LOPSGPH2", little-endian
    private const int PrologueBytes = 28; // magic, stamp, head's checksum, head's length

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly byte[] _head;
    private readonly int _blocksAt, _readersAt;

    private GraphImage(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] head)
    {
        (_file, _head) = (file, head);
        using var reader = new BinaryReader(new MemoryStream(head));
        (Steps, Readers) = (reader.ReadInt32(), reader.ReadInt32());
        Tail = reader.ReadString();
        Names = Strings(reader);
        Elsewhere = Strings(reader);
        Listed = reader.ReadInt32();
        _blocksAt = (int)reader.BaseStream.Position;
        _readersAt = _blocksAt + (sizeof(long) * Steps);
    }

    /// <summary>How many steps the graph has.</summary>
    public int Steps { get; }

    /// <summary>How many of them a build without targets has.</summary>
    public int Listed { get; }

    /// <summary>What the table of a build ends with, whatever its steps do.</summary>
    public string Tail { get; }

    /// <summary>The names of all steps of a small graph, in its order; else none.</summary>
    public string[] Names { get; }

    /// <summary>Paths of which a change means more than forms know: directories that steps read as a whole, declarations that steps read as well.</summary>
    public string[] Elsewhere { get; }

    private int Readers { get; }

    /// <summary>Whether some path means more than forms know.</summary>
    public bool IsElsewhere(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (Array.Exists(Elsewhere, other => path == other || path.StartsWith(other + "/", StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Opens the image of a remembered answer; null if it is missing, damaged or about another one.</summary>
    public static GraphImage? TryOpen(RememberedPlace place)
    {
        if (!File.Exists(place.Path))
        {
            return null;
        }

        Microsoft.Win32.SafeHandles.SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(place.Path);
            var image = Head(file, place.Stamp) is { } head ? new GraphImage(file, head) : null;
            file = image is null ? file : null;
            return image;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>The positions of the steps that read a workspace file, ascending; the file's name may be shared by others, whose forms show it.</summary>
    public IEnumerable<int> ReadersOf(string path)
    {
        var wanted = KeyOf(path);
        var (low, high) = (0, Readers);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = KeyAt(middle) < wanted ? (middle + 1, high) : (low, middle);
        }

        for (; low < Readers && KeyAt(low) == wanted; low++)
        {
            yield return BitConverter.ToInt32(_head, _readersAt + (12 * low) + 8);
        }
    }

    /// <summary>A step's form; null if it has none, or its block is damaged.</summary>
    public StepForm? Form(int step)
    {
        var at = BitConverter.ToInt64(_head, _blocksAt + (sizeof(long) * step));
        if (at == 0 || Read(_file, at, 12) is not { } header || Read(_file, at + 12, BitConverter.ToInt32(header, 8)) is not { } block
            || BuildMirror.Checksum(block) != BitConverter.ToUInt64(header, 0))
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(block));
        return Form(reader);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The bytes of an image.</summary>
    /// <param name="forms">By position; null where a step has none.</param>
    /// <param name="readers">Every workspace file with the position of a step that reads it.</param>
    public static byte[] Write(ulong stamp, StepForm?[] forms, IReadOnlyList<(string Path, int Step)> readers, string[] names, int listed, string[] elsewhere, string tail)
    {
        using var blocks = new MemoryStream();
        var places = new long[forms.Length];
        for (var i = 0; i < forms.Length; i++)
        {
            if (forms[i] is { } form)
            {
                using var block = new MemoryStream();
                using var writer = new BinaryWriter(block);
                Write(writer, form);
                places[i] = blocks.Position;
                blocks.Write(BitConverter.GetBytes(BuildMirror.Checksum(block.GetBuffer().AsSpan(0, (int)block.Length))));
                blocks.Write(BitConverter.GetBytes((int)block.Length));
                blocks.Write(block.GetBuffer().AsSpan(0, (int)block.Length));
            }
        }

        using var head = new MemoryStream();
        using var index = new BinaryWriter(head);
        index.Write(forms.Length);
        index.Write(readers.Count);
        index.Write(tail);
        Write(index, names);
        Write(index, elsewhere);
        index.Write(listed);
        var blocksAt = PrologueBytes + head.Position + (sizeof(long) * forms.Length) + (12 * readers.Count);
        for (var i = 0; i < forms.Length; i++)
        {
            index.Write(forms[i] is null ? 0 : blocksAt + places[i]);
        }

        foreach (var (key, step) in readers.Select(reader => (KeyOf(reader.Path), reader.Step)).Order())
        {
            index.Write(key);
            index.Write(step);
        }

        return [.. BitConverter.GetBytes(Magic), .. BitConverter.GetBytes(stamp), .. BitConverter.GetBytes(BuildMirror.Checksum(head.ToArray())), .. BitConverter.GetBytes((int)head.Length), .. head.ToArray(), .. blocks.ToArray()];
    }

    private static void Write(BinaryWriter writer, StepForm form)
    {
        writer.Write(form.Name);
        writer.Write(form.Origin ?? "");
        Write(writer, form.Run);
        writer.Write(form.Inputs.Length);
        foreach (var input in form.Inputs)
        {
            writer.Write(input.Name);
            writer.Write(input.Path ?? "");
            writer.Write(input.LockAt);
            writer.Write(input.FingerprintAt);
        }

        writer.Write(form.Outputs.Length);
        foreach (var output in form.Outputs)
        {
            writer.Write(output.Name);
            writer.Write(output.CheckedOut ?? "");
            writer.Write(output.LockAt);
            writer.Write(output.RecordAt);
        }

        writer.Write(form.Consumers.Length);
        foreach (var consumer in form.Consumers)
        {
            writer.Write(consumer);
        }

        writer.Write(form.FingerprintAt);
        writer.Write(form.Fingerprint.Length);
        writer.Write(form.Fingerprint);
        writer.Write(form.Record.Length);
        writer.Write(form.Record);
        writer.Write(form.RecordFingerprintAt);
    }

    private static StepForm Form(BinaryReader reader)
    {
        var (name, origin, run) = (reader.ReadString(), OrNull(reader.ReadString()), Strings(reader));
        var inputs = Many(reader, static from => new FormInput(from.ReadString(), OrNull(from.ReadString()), from.ReadInt32(), from.ReadInt32()));
        var outputs = Many(reader, static from => new FormOutput(from.ReadString(), OrNull(from.ReadString()), from.ReadInt32(), from.ReadInt32()));
        var consumers = new int[reader.ReadInt32()];
        for (var i = 0; i < consumers.Length; i++)
        {
            consumers[i] = reader.ReadInt32();
        }

        return new()
        {
            Name = name,
            Origin = origin,
            Run = run,
            Inputs = inputs,
            Outputs = outputs,
            Consumers = consumers,
            FingerprintAt = reader.ReadInt32(),
            Fingerprint = reader.ReadBytes(reader.ReadInt32()),
            Record = reader.ReadBytes(reader.ReadInt32()),
            RecordFingerprintAt = reader.ReadInt32(),
        };
    }

    private static void Write(BinaryWriter writer, string[] texts)
    {
        writer.Write(texts.Length);
        foreach (var text in texts)
        {
            writer.Write(text);
        }
    }

    private static string[] Strings(BinaryReader reader) => Many(reader, static from => from.ReadString());

    /// <summary>Of classes only, whose code all of them share: for a value the JIT compiler would have to make some.</summary>
    private static T[] Many<T>(BinaryReader reader, Func<BinaryReader, T> one)
        where T : class
    {
        var many = new T[reader.ReadInt32()];
        for (var i = 0; i < many.Length; i++)
        {
            many[i] = one(reader);
        }

        return many;
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static byte[]? Read(Microsoft.Win32.SafeHandles.SafeFileHandle file, long at, int length)
    {
        // A length that was damaged must not be believed before the file says so.
        if (length < 0 || at + length > RandomAccess.GetLength(file))
        {
            return null;
        }

        var bytes = new byte[length];
        return RandomAccess.Read(file, bytes, at) == length ? bytes : null;
    }

    private static byte[]? Head(Microsoft.Win32.SafeHandles.SafeFileHandle file, ulong stamp) =>
        Read(file, 0, PrologueBytes) is { } prologue && BitConverter.ToUInt64(prologue, 0) == Magic && BitConverter.ToUInt64(prologue, 8) == stamp
        && Read(file, PrologueBytes, BitConverter.ToInt32(prologue, 24)) is { } head && BuildMirror.Checksum(head) == BitConverter.ToUInt64(prologue, 16) ? head : null;

    private ulong KeyAt(int reader) => BitConverter.ToUInt64(_head, _readersAt + (12 * reader));

    private static ulong KeyOf(string path) => BuildMirror.Checksum(System.Text.Encoding.UTF8.GetBytes(path));
}
