using System.Formats.Tar;
using System.Text;
using MlOps.Containers;
using MlOps.Content;

namespace MlOps.Packaging.Images.Internal;

/// <summary>A root folder made of packages: files by path, with what no package has (users, links of the merged /usr, the bundle of certificates).</summary>
internal sealed class DebianRoot
{
    /// <summary>Who a container's programs run as: nobody on any host.</summary>
    public const string User = "10001";

    private const int MostEntries = 100_000;
    private const string Certificates = "usr/share/ca-certificates/", Bundle = "etc/ssl/certs/ca-certificates.crt";

    /// <summary>What only people, shells, debuggers and conversions between old character sets read.</summary>
    private static readonly string[] Unneeded =
    [
        "usr/share/bug/", "usr/share/gcc/", "usr/share/gdb/", "usr/share/info/", "usr/share/lintian/", "usr/share/locale/", "usr/share/man/", "usr/share/base-files/", "usr/lib/locale/",
        "usr/lib/x86_64-linux-gnu/gconv/", "usr/share/zoneinfo/posix/", "usr/share/zoneinfo/right/", "usr/sbin/", "usr/bin/", "etc/update-motd.d/", "etc/default/", "etc/ca-certificates/",
    ];

    private readonly SortedDictionary<string, LayerEntry> _entries = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _certificates = new(StringComparer.Ordinal);

    /// <summary>Adds what is needed of a package.</summary>
    /// <exception cref="DiagnosticException">MLO7233: something in it does not belong there.</exception>
    public async Task AddAsync(DebianPackage package, DebArchive archive, CancellationToken cancellationToken)
    {
        Put($"var/lib/dpkg/status.d/{package.Name}", Encoding.UTF8.GetBytes(archive.Control));
        await using var reader = new TarReader(new MemoryStream(archive.Data));
        try
        {
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                await AddAsync(package, entry, cancellationToken);
                if (_entries.Count + _files.Count > MostEntries)
                {
                    throw DebArchive.Refused(package, $"it has more than {MostEntries} files");
                }
            }
        }
        catch (Exception broken) when (broken is IOException or FormatException)
        {
            throw DebArchive.Refused(package, broken.Message);
        }
    }

    /// <summary>All that the layer holds.</summary>
    public IEnumerable<LayerEntry> Entries()
    {
        Put(Bundle, [.. _certificates.Values.SelectMany(certificate => certificate)]);
        Put("etc/passwd", Encoding.ASCII.GetBytes($"root:x:0:0:root:/:/sbin/nologin\napp:x:{User}:{User}:app:/:/sbin/nologin\n"));
        Put("etc/group", Encoding.ASCII.GetBytes($"root:x:0:\napp:x:{User}:\n"));
        Put("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"u8.ToArray());
        _entries["tmp"] = new LayerEntry.Folder("tmp", IsShared: true);
        foreach (var (link, target) in ((string, string)[])[("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"),
            ("usr/lib/ssl/certs", "/etc/ssl/certs"), ("usr/lib/ssl/cert.pem", "/" + Bundle)])
        {
            _entries[link] = new LayerEntry.Link(link, target);
        }

        return [.. _entries.Values, new LayerEntry.Folder("usr/bin"), new LayerEntry.Folder("usr/sbin"),
            .. _files.Select(file => new LayerEntry.File(file.Key, () => new MemoryStream(file.Value), IsExecutable: IsLoader(file.Key)))];
    }

    private async Task AddAsync(DebianPackage package, TarEntry entry, CancellationToken cancellationToken)
    {
        var path = PathOf(package, entry.Name);
        if (entry.EntryType == TarEntryType.Directory || !IsNeeded(path))
        {
            return;
        }

        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                using (var bytes = new MemoryStream())
                {
                    await (entry.DataStream ?? Stream.Null).CopyToAsync(bytes, cancellationToken);
                    Add(package, path, bytes.ToArray());
                }

                break;
            case TarEntryType.HardLink:
                Add(package, path, _files.GetValueOrDefault(PathOf(package, entry.LinkName)) ?? throw DebArchive.Refused(package, $"'{path}' is the same file as '{entry.LinkName}', which is not there"));
                break;
            case TarEntryType.SymbolicLink:
                Inside(package, path, entry.LinkName);
                if (!_entries.TryAdd(path, new LayerEntry.Link(path, entry.LinkName)) || _files.ContainsKey(path))
                {
                    throw Twice(package, path);
                }

                break;
            default:
                throw DebArchive.Refused(package, $"'{path}' is neither file, folder nor link");
        }
    }

    private void Add(DebianPackage package, string path, byte[] bytes)
    {
        if (path.StartsWith(Certificates, StringComparison.Ordinal) && path.EndsWith(".crt", StringComparison.Ordinal))
        {
            _certificates[path] = bytes;
        }
        else if (_entries.ContainsKey(path) || Ancestors(path).Any(folder => _entries.ContainsKey(folder) || _files.ContainsKey(folder)) || !_files.TryAdd(path, bytes))
        {
            throw Twice(package, path);
        }
    }

    private void Put(string path, byte[] bytes) => _files[path] = bytes;

    private static DiagnosticException Twice(DebianPackage package, string path) => DebArchive.Refused(package, $"'{path}' is there already, or lies behind a link or a file");

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            yield return path[..end];
        }
    }

    /// <summary>The path in the merged layout: Debian 12's packages still have <c>lib</c> and <c>bin</c>, its systems do not.</summary>
    private static string PathOf(DebianPackage package, string name)
    {
        var path = (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name).TrimEnd('/');
        if (path.Length > 0 && path.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw DebArchive.Refused(package, $"'{name}' lies outside");
        }

        return path.Split('/')[0] is "bin" or "sbin" or "lib" or "lib64" ? "usr/" + path : path;
    }

    private static void Inside(DebianPackage package, string path, string target)
    {
        var depth = target.StartsWith('/') ? 0 : path.Count(c => c == '/');
        foreach (var part in target.Split('/'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
            {
                throw DebArchive.Refused(package, $"link '{path}' leads outside, to '{target}'");
            }
        }
    }

    /// <summary>Of the documentation only the licences, which have to go with the files.</summary>
    private static bool IsNeeded(string path) => path.StartsWith("usr/share/doc/", StringComparison.Ordinal)
        ? path.EndsWith("/copyright", StringComparison.Ordinal) || path.Count(c => c == '/') == 3
        : !Array.Exists(Unneeded, folder => path.StartsWith(folder, StringComparison.Ordinal));

    private static bool IsLoader(string path) => path.StartsWith("usr/lib/x86_64-linux-gnu/ld-linux", StringComparison.Ordinal) || path.EndsWith("/libc.so.6", StringComparison.Ordinal);
}
